import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { closeSync, mkdirSync, openSync, readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { Log } from '@counterfoil/ledger'
import { leafHash, openCheckpoint, verifyConsistency } from '@counterfoil/tlog'
import { createVerifier, nodeCrypto } from '@counterfoil/tlog/node'
import { LedgerFolder } from './ledger-folder.ts'
import { createRandom } from './generated-events.ts'

const childFile = fileURLToPath(new URL('./crash-child.ts', import.meta.url))
const killAfterMsMax = 400
/** After so many kills a fresh data directory is begun, so that rounds stay quick and first starts are killed too. */
const generationsMax = 3
const checkpointsChecked = 8

export interface CrashOptions {
  readonly rounds: number
  readonly seed: number
  readonly acknowledge: 'after-commit' | 'before-commit'
}

export interface CrashReport {
  readonly rounds: number
  readonly acknowledged: number
  /** Kills that came before anything was acknowledged. */
  readonly early: number
  /** One sentence for each promise that was broken. */
  readonly faults: readonly string[]
}

interface Ack {
  readonly event_id: string
  readonly index?: number
  readonly leaf_hash?: string
}

/** Kills a writing process again and again at random moments, and after each kill holds the log to its acknowledgements. */
export async function runCrashRounds({ rounds, seed, acknowledge }: CrashOptions): Promise<CrashReport> {
  const random = createRandom(seed)
  const faults: string[] = []
  let acknowledged = 0
  let early = 0
  let folder = new LedgerFolder()
  let acked = new Map<string, Ack>()
  try {
    for (let round = 0; round < rounds && faults.length === 0; round += 1) {
      if (round % generationsMax === 0) {
        folder[Symbol.dispose]()
        folder = new LedgerFolder()
        acked = new Map()
      }
      const lines = await killOnce(folder, seed + round, acknowledge, random)
      if (lines.length === 0) early += 1
      const checkpoints: string[] = []
      for (const { acks, checkpoint } of lines) {
        if (checkpoint !== undefined) checkpoints.push(checkpoint)
        for (const ack of acks) {
          acknowledged += 1
          const first = acked.get(ack.event_id)
          if (first !== undefined && (first.index !== ack.index || first.leaf_hash !== ack.leaf_hash))
            faults.push(`${ack.event_id} was acknowledged as entry ${first.index} and as entry ${ack.index}`)
          acked.set(ack.event_id, ack)
        }
      }
      faults.push(
        ...(await folder.use(({ log }) => faultsOf(log, acked, checkpoints))).map(
          (fault) => `round ${round} (seed ${seed}): ${fault}`,
        ),
      )
    }
  } finally {
    folder[Symbol.dispose]()
  }
  return { rounds, acknowledged, early, faults }
}

/** Starts a child, kills it at a random moment, and returns the acknowledgements that it printed. */
async function killOnce(
  folder: LedgerFolder,
  seed: number,
  acknowledge: string,
  random: (below: number) => number,
): Promise<{ acks: Ack[]; checkpoint?: string }[]> {
  const sent = join(folder.root, 'sent')
  mkdirSync(sent, { recursive: true })
  const printed = join(folder.root, `printed-${seed}`)
  const output = openSync(printed, 'w')
  const child = spawn(
    process.execPath,
    ['--conditions=@counterfoil/source', childFile, folder.data, folder.state, sent, String(seed), acknowledge],
    {
      stdio: ['ignore', output, 'pipe'],
    },
  )
  closeSync(output)
  let complaint = ''
  child.stderr?.on('data', (chunk: Buffer) => (complaint += chunk.toString('utf8')))
  const exited = once(child, 'exit')
  // One kill in eight comes at any moment of the start.
  if (random(8) === 0) await sleep(random(900))
  else {
    while (statSync(printed).size === 0 && child.exitCode === null) await sleep(2)
    await sleep(5 + random(killAfterMsMax - 5))
  }
  child.kill('SIGKILL')
  const [code] = (await exited) as [number | null]
  if (code !== null) throw new Error(`The child ended by itself with ${code}: ${complaint}`)
  const text = readFileSync(printed, 'utf8')
  // A line that the kill cut short was never said.
  return text
    .slice(0, text.lastIndexOf('\n') + 1)
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as { acks: Ack[]; checkpoint?: string })
}

async function faultsOf(log: Log, acked: ReadonlyMap<string, Ack>, checkpoints: readonly string[]): Promise<string[]> {
  const faults: string[] = []
  const stored = new Map<string, { index: number; hash: string }[]>()
  const { size, root } = await log.report()
  for (const { index, leaf } of await entriesOf(log, size)) {
    const { event_id: id } = JSON.parse(leaf) as { event_id: string }
    const hash = Buffer.from(leafHash(nodeCrypto, Buffer.from(leaf, 'utf8'))).toString('hex')
    stored.set(id, [...(stored.get(id) ?? []), { index, hash }])
  }
  for (const [id, ack] of acked) {
    const [found, ...more] = stored.get(id) ?? []
    if (found === undefined) faults.push(`${id} was acknowledged and is lost`)
    else if (more.length > 0) faults.push(`${id} is there ${more.length + 1} times`)
    else if (ack.index !== undefined && (found.index !== ack.index || found.hash !== ack.leaf_hash))
      faults.push(`${id} was acknowledged as entry ${ack.index} and is entry ${found.index}`)
  }
  for (const id of stored.keys()) if ((stored.get(id)?.length ?? 0) > 1) faults.push(`${id} is stored twice`)
  const verifier = createVerifier(log.vkey)
  for (const note of checkpoints.slice(-checkpointsChecked)) {
    const seen = openCheckpoint(note, { origin: log.origin, verifiers: [verifier] })
    const proof = await log.consistencyProof(seen.size, size)
    verifyConsistency(nodeCrypto, {
      size1: seen.size,
      root1: seen.root,
      size2: size,
      root2: Buffer.from(root, 'hex'),
      proof: proof.path.map((hash) => Buffer.from(hash, 'hex')),
    })
  }
  const report = await log.verify()
  for (const check of report.checks) if (!check.ok) faults.push(`verify: ${check.name}: ${check.first_bad ?? ''}`)
  return faults
}

/** Every entry of the log, by its public tail. */
export async function entriesOf(log: Log, size: number): Promise<{ index: number; leaf: string }[]> {
  const entries: { index: number; leaf: string }[] = []
  if (size === 0) return entries
  const stop = new AbortController()
  for await (const entry of log.tail({ from: 0, signal: stop.signal })) {
    entries.push(entry)
    if (entries.length === size) stop.abort()
  }
  return entries
}

export function sleep(ms: number): Promise<void> {
  return new Promise((resolve) => {
    setTimeout(resolve, ms)
  })
}

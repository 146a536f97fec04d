import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { closeSync, openSync, readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { DatabaseSync } from 'node:sqlite'
import { expect, it } from 'vitest'
import type { Ledger, Log } from '@counterfoil/ledger'
import { createEventId } from '@counterfoil/schema'
import { entriesOf, sleep } from './crash-rounds.ts'
import { createRandom } from './generated-events.ts'
import { failedChecks, LedgerFolder } from './ledger-folder.ts'

const childFile = fileURLToPath(new URL('./crash-maintenance-child.ts', import.meta.url))

async function killOnce(
  folder: LedgerFolder,
  seed: number,
  delayMs: number,
  waitForLine: boolean,
): Promise<{ erased?: string; made?: string }[]> {
  const printed = join(folder.root, `printed-${seed}`)
  const output = openSync(printed, 'w')
  const child = spawn(
    process.execPath,
    ['--conditions=@counterfoil/source', childFile, folder.data, folder.state, String(seed)],
    { stdio: ['ignore', output, 'pipe'] },
  )
  closeSync(output)
  let complaint = ''
  child.stderr?.on('data', (chunk: Buffer) => (complaint += chunk.toString('utf8')))
  const exited = once(child, 'exit')
  if (waitForLine) while (statSync(printed).size === 0 && child.exitCode === null) await sleep(2)
  await sleep(delayMs)
  child.kill('SIGKILL')
  const [code] = (await exited) as [number | null]
  if (code !== null) throw new Error(`The child ended by itself with ${code}: ${complaint}`)
  const text = readFileSync(printed, 'utf8')
  return text
    .slice(0, text.lastIndexOf('\n') + 1)
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as { erased?: string; made?: string })
}

/** Each run has all its payloads, or none of the earlier ones and its erasure on record. */
async function halfErased(log: Log): Promise<string[]> {
  const halves: string[] = []
  const { size } = await log.report()
  const leaves = (await entriesOf(log, size)).map(
    ({ leaf }) =>
      JSON.parse(leaf) as { event_id: string; event_type: string; index: number; run_id?: string; payload?: object },
  )
  const erasedAt = new Map(
    leaves.filter((leaf) => leaf.event_type === 'payload_erased').map((leaf) => [leaf.run_id, leaf.index]),
  )
  for (const runId of new Set(leaves.map((leaf) => leaf.run_id))) {
    if (runId === undefined) continue
    const sample = leaves.filter((leaf) => leaf.run_id === runId && leaf.payload !== undefined).slice(0, 3)
    for (const { event_id: id } of sample) {
      const { payload } = await log.event(id)
      const expected = erasedAt.has(runId) ? 'erased' : 'present'
      if (payload?.state !== expected) halves.push(`${runId}: ${payload?.state ?? 'nothing'} instead of ${expected}`)
    }
  }
  return halves
}

/** What does not hold after a kill, in words. */
async function brokenPromises(
  ledger: Ledger,
  main: Log,
  promised: { erased: ReadonlySet<string>; made: ReadonlySet<string> },
): Promise<string[]> {
  const broken = [...failedChecks(await main.verify()), ...(await halfErased(main))]
  const names = new Set((await ledger.logs()).map(({ log }) => log))
  for (const name of promised.made) if (!names.has(name)) broken.push(`${name} was made and is not there`)
  for (const name of names) {
    const log = await ledger.log(name)
    const event = {
      schema_version: '1.0',
      event_id: createEventId(),
      event_type: 'effect_observed',
      target: { type: 'order', id: 'W1' },
      effect: { status: 'applied', source: 'webhook' },
    }
    const principal = { keyId: 'local', log: name, scopes: ['admin'] } as const
    const { acks } = await log.ingest(JSON.stringify(event), { principal, format: 'json' })
    if (acks.length !== 1) broken.push(`${name} takes no event`)
  }
  const leaves = (await entriesOf(main, (await main.report()).size)).map(
    ({ leaf }) => JSON.parse(leaf) as { event_type: string; run_id?: string },
  )
  const erased = new Set(leaves.filter((leaf) => leaf.event_type === 'payload_erased').map((leaf) => leaf.run_id))
  for (const runId of promised.erased) if (!erased.has(runId)) broken.push(`${runId} was erased and no entry says so`)
  return broken
}

it('erase, rebuild and createLog are whole or not at all, wherever they are killed', { timeout: 240_000 }, async () => {
  using folder = new LedgerFolder()
  const random = createRandom(Date.now())
  const promised = { erased: new Set<string>(), made: new Set<string>() }
  for (let round = 0; round < 8; round += 1) {
    const lines = await killOnce(folder, round + 1, random(round % 4 === 0 ? 700 : 250), round % 4 !== 0)
    for (const { erased, made } of lines) {
      if (erased !== undefined) promised.erased.add(erased)
      if (made !== undefined) promised.made.add(made)
    }
    expect(await folder.use(({ ledger, log }) => brokenPromises(ledger, log, promised))).toEqual([])
  }
  expect(promised.erased.size).toBeGreaterThan(3)
  expect(promised.made.size).toBeGreaterThan(0)
})

it('a log whose key was never made gets one at the next start', async () => {
  using folder = new LedgerFolder()
  await folder.use(() => undefined)
  const control = new DatabaseSync(join(folder.data, 'control.db'))
  control.exec('DELETE FROM api_key')
  control.close()
  await folder.use(async ({ ledger }) => {
    expect(await ledger.keys.authenticate(ledger.firstStart?.adminKey ?? '')).toMatchObject({
      log: 'main',
      scopes: ['ingest', 'read', 'admin'],
    })
  })
  await folder.use(({ ledger }) => expect(ledger.firstStart).toBeUndefined())
})

it(
  'a first start that was killed leaves a directory that opens, with a key for whoever opens it first',
  { timeout: 120_000 },
  async () => {
    for (const delay of [150, 300, 450, 600, 750]) {
      using folder = new LedgerFolder()
      const lines = await killOnce(folder, 1, delay, false)
      if (lines.length > 0) continue
      await folder.use(async ({ ledger, log }) => {
        expect(failedChecks(await log.verify())).toEqual([])
        // Either this opening shows a key, or the one that was killed had made it.
        expect(await ledger.keys.list('main')).toHaveLength(1)
      })
    }
  },
)

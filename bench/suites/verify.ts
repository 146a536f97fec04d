/** Verification of a log, part by part: the tree, the words and payloads of the entries, the projections. */
import { openLedger } from '@counterfoil/ledger'
import { openSqliteStore } from '@counterfoil/store'
import { hash } from 'node:crypto'
import { join } from 'node:path'
import { checkEntries } from '../../packages/ledger/src/verify/check-entries.ts'
import { rebuildTree } from '../../packages/ledger/src/verify/check-tree.ts'
import { benchFolder } from '../folder.ts'
import { rowOf, sized, type Row, type SuiteOptions } from '../row.ts'
import { makeBatches } from '../workload.ts'

const rounds = 3
const logName = 'main'
const nothing = (): void => {}

export async function run(options: SuiteOptions): Promise<Row[]> {
  const wanted = sized(options, options.full ? 1_000_000 : 200_000, 20_000)
  using folder = benchFolder()
  const place = { data: join(folder.path, 'data'), state: join(folder.path, 'state') }
  await fill(place, wanted)
  await using store = await openSqliteStore({ ...place, mode: 'read' })
  const { size } = await store.head(logName)
  const bytes = await storedBytes(place)
  const tree: Cost[] = []
  const entries: Cost[] = []
  const projections: Cost[] = []
  const hashed: Cost[] = []
  let payloads = 0
  for (let round = 0; round < rounds; round += 1) {
    tree.push(
      await costOf(size, async () => {
        const rebuilt = await rebuildTree(store, logName, { size, rootsWanted: new Set([size]), onProgress: nothing })
        if (rebuilt.rootsAt.get(size) !== (await store.head(logName)).root) throw new Error('the log does not verify')
      }),
    )
    hashed.push(await costOf(size, () => bytes.leaves.forEach((leaf) => hash('sha256', leaf, 'binary'))))
    entries.push(
      await costOf(size, async () => {
        const checked = await checkEntries(store, logName, size, nothing)
        if (checked.payloads.firstBad !== undefined) throw new Error(checked.payloads.firstBad)
        payloads = checked.payloads.count
      }),
    )
    projections.push(
      await costOf(size, async () => {
        const { differences } = await store.compareProjections(logName)
        if (differences.length > 0) throw new Error('the projections differ')
      }),
    )
  }
  const limit = hashed.map(({ perCore }) => perCore)
  const whole = await costOf(size, () => verify(place))
  return [
    rowOf(
      `verify: the tree (leaves, tiles, root) of ${size} entries`,
      'leaves/s per core',
      tree.map(({ perCore }) => perCore),
      {
        limitName: `SHA-256 of the same leaves, ${(bytes.total / size).toFixed(0)} B each`,
        limit,
        target: { atLeast: 200_000 },
      },
    ),
    rowOf(
      'the same, by the clock',
      'leaves/s',
      tree.map(({ perSecond }) => perSecond),
    ),
    rowOf(
      `verify: words of the entries, and ${payloads} payloads opened`,
      'entries/s per core',
      entries.map(({ perCore }) => perCore),
      {
        limitName: 'SHA-256 of the leaves',
        limit,
      },
    ),
    rowOf(
      'verify: projections equal a rebuild',
      'entries/s per core',
      projections.map(({ perCore }) => perCore),
      {
        limitName: 'SHA-256 of the leaves',
        limit,
      },
    ),
    rowOf('verify: everything, by the clock', 'entries/s', [whole.perSecond]),
  ]
}

interface Cost {
  readonly perCore: number
  readonly perSecond: number
}

/** All threads of this process count; nothing else runs in it. */
async function costOf(items: number, work: () => unknown): Promise<Cost> {
  const cpu = process.cpuUsage()
  const begun = performance.now()
  await work()
  const { user, system } = process.cpuUsage(cpu)
  return { perCore: (items * 1e6) / (user + system), perSecond: (items * 1000) / (performance.now() - begun) }
}

interface Place {
  readonly data: string
  readonly state: string
}

async function fill(place: Place, events: number): Promise<void> {
  await using ledger = await openLedger({ ...place, firstLog: logName })
  const principal = await ledger.keys.authenticate(ledger.firstStart?.adminKey ?? '')
  if (principal === undefined) throw new Error('the first start gave no key')
  const log = await ledger.log(logName)
  for (let made = 0, run = 0; made < events; run += 1_000) {
    for (const { body, events: count } of makeBatches(Math.min(50_000, events - made), run)) {
      const { rejected } = await log.ingest(body, { principal, format: 'json' })
      if (rejected.length > 0) throw new Error(JSON.stringify(rejected[0]))
      made += count
    }
  }
  await ledger.settleText()
}

async function storedBytes(place: Place): Promise<{ leaves: Uint8Array[]; total: number }> {
  await using store = await openSqliteStore({ ...place, mode: 'read' })
  const { size } = await store.head(logName)
  const leaves: Uint8Array[] = []
  while (leaves.length < size)
    leaves.push(...(await store.events(logName, leaves.length, 5_000)).map(({ leaf }) => leaf))
  return { leaves, total: leaves.reduce((sum, { length }) => sum + length, 0) }
}

async function verify(place: Place): Promise<void> {
  await using ledger = await openLedger({ ...place, mode: 'read' })
  const { ok, checks } = await (await ledger.log(logName)).verify()
  if (!ok) throw new Error(JSON.stringify(checks.filter((check) => !check.ok)))
}

import { createVerifier } from '@counterfoil/tlog/node'
import {
  placeOf,
  readRememberedHead,
  StoreError,
  type LogInfo,
  type RememberedHead,
  type SqliteStore,
} from '@counterfoil/store'
import type { VerifyReport } from '../report/log.ts'
import { checkNotes, checkpointsUpTo } from './check-checkpoints.ts'
import { checkEntries } from './check-entries.ts'
import { rebuildTree } from './check-tree.ts'
import { RunningCheck, type Check } from './running-check.ts'

/**
 * Verifies a log from its stored bytes alone: every leaf is hashed again, tiles and root are rebuilt, every kept
 * checkpoint is checked against the rebuilt tree, every payload opens or has its erasure on record, projections equal a
 * rebuild, and nothing is older than what this machine remembers. Says what it checked and what it could not.
 */
export async function verifyLog(
  store: SqliteStore,
  log: LogInfo,
  options: { onProgress?: (done: number, total: number) => void } = {},
): Promise<VerifyReport> {
  // What is committed while this runs is the next verification's business; the order of these two reads matters, because
  // a head is remembered after it is committed.
  const memory = readMemory(store, log)
  const head = await store.head(log.log)
  const walk = await walkLeaves(store, log, head, memory.head, options.onProgress ?? (() => {}))
  const remembered = checkRemembered(store, memory, head, walk.rootsAt)
  const writer = await checkWriterState(store, log.log)
  const tables = await checkTables(store, log.log)
  const checks = [...walk.checks, remembered, writer, ...tables.checks]
  const unchecked = [
    ...(tables.notCompared === undefined ? [] : [`runs, actions and terms: ${tables.notCompared}`]),
    ...neverChecked,
  ]
  return { ok: checks.every(({ ok }) => ok), size: head.size, root: head.root, checks, unchecked }
}

interface Walk {
  readonly checks: Check[]
  readonly rootsAt: ReadonlyMap<number, string>
}

/** Two passes over the entries: their bytes make the tree, then their words and payloads are read. */
async function walkLeaves(
  store: SqliteStore,
  log: LogInfo,
  head: { size: number; root: string; checkpoint?: string },
  remembered: RememberedHead | undefined,
  onProgress: (done: number, total: number) => void,
): Promise<Walk> {
  const notes = await checkpointsUpTo(store, log.log, head)
  const { tiles, rootsAt, size } = await rebuildTree(store, log.log, {
    size: head.size,
    rootsWanted: new Set([...notes.map((note) => note.size), remembered?.size ?? -1, head.size]),
    onProgress: (hashed) => onProgress(Math.floor(hashed / 2), head.size),
  })
  const { leaves, order, payloads } = await checkEntries(store, log.log, head.size, (checked) =>
    onProgress(Math.floor((size + checked) / 2), head.size),
  )
  const root = new RunningCheck('root')
  root.count = 1
  if (rootsAt.get(head.size) !== head.root)
    root.bad(tiles.firstBad ?? `the root rebuilt from ${size} entries is not the root of the head`)
  const checkpoints = new RunningCheck('checkpoints')
  checkNotes(checkpoints, notes, log.origin, createVerifier(log.vkey), rootsAt)
  if (notes.some((note) => note.size > head.size))
    checkpoints.bad(`entry ${head.size} is missing: a checkpoint of this log signs ${notes.at(-1)?.size ?? 0} entries`)
  else if (head.size > 0 && notes.at(-1)?.size !== head.size)
    checkpoints.bad(`no signed checkpoint covers the head of ${head.size} entries`)
  checkpoints.note = 'one a second is kept, and the newest'
  return { checks: [leaves, tiles, root, checkpoints, order, payloads].map((check) => check.report()), rootsAt }
}

interface Memory {
  readonly head: RememberedHead | undefined
  readonly fault: string | undefined
}

function readMemory(store: SqliteStore, log: LogInfo): Memory {
  try {
    return { head: readRememberedHead(store.state, log.vkey), fault: undefined }
  } catch (error) {
    if (!(error instanceof StoreError)) throw error
    return { head: undefined, fault: error.message }
  }
}

function checkRemembered(
  store: SqliteStore,
  memory: Memory,
  head: { size: number; root: string },
  rootsAt: ReadonlyMap<number, string>,
): Check {
  const check = new RunningCheck('head remembered by this machine')
  const { head: remembered, fault } = memory
  if (fault !== undefined) check.bad(fault)
  if (remembered === undefined) {
    check.note = 'nothing is remembered here: whether the end was cut could not be checked'
    return check.report()
  }
  check.count = 1
  if (remembered.size > head.size && remembered.data === placeOf(store.data)) {
    check.bad(
      `entry ${head.size}: this machine remembers ${remembered.size} entries, ${head.size} are here; the end was cut or an older copy was restored`,
    )
  } else if (remembered.size > head.size) {
    check.note = `the log at ${remembered.data} has grown to ${remembered.size} entries; this copy has ${head.size}`
  } else if (rootsAt.get(remembered.size) !== remembered.root) {
    check.bad(
      `an entry below ${remembered.size}: this machine remembers another history of this log; it was forked or changed`,
    )
  }
  return check.report()
}

/** The right edge and the clock of the head: the next commit grows out of them, so they must follow from the entries. */
async function checkWriterState(store: SqliteStore, log: string): Promise<Check> {
  const check = new RunningCheck('head')
  check.count = 1
  const fault = await store.writerStateFault(log)
  if (fault !== undefined) check.bad(fault)
  return check.report()
}

/** Names of tables in a comparison, by the check that they belong to; all others are projections. */
const tablesOfCheck = { columns: ['event'], schema: ['schema'], keys: ['vault_key', 'vault_block'] } as const

async function checkTables(
  store: SqliteStore,
  log: string,
): Promise<{ checks: readonly Check[]; notCompared: string | undefined }> {
  const columns = new RunningCheck('entry columns')
  const keys = new RunningCheck('payload keys')
  const schema = new RunningCheck('schema')
  const projections = new RunningCheck('projections')
  const checks = (): Check[] => [columns, projections, keys, schema].map((check) => check.report())
  try {
    const { compared, differences, notCompared } = await store.compareProjections(log)
    columns.count = (await store.head(log)).size
    schema.count = 1
    for (const { table, id, message } of differences) {
      if (isOf(tablesOfCheck.columns, table)) columns.bad(`entry ${id} ${message}`)
      else if (isOf(tablesOfCheck.schema, table)) schema.bad(`${id} ${message}`)
      else if (isOf(tablesOfCheck.keys, table)) keys.bad(`${table} ${id} ${message}`)
      else projections.bad(`${table} ${id} ${message}; "counterfoil rebuild" derives it again`)
    }
    projections.count = compared
    if (columns.firstBad !== undefined) {
      for (const check of [projections, keys]) check.note = 'not compared, because the columns of the entries are wrong'
    } else if (notCompared !== undefined) projections.note = `not compared: ${notCompared}`
    return { checks: checks(), notCompared }
  } catch (error) {
    if (error instanceof StoreError && error.code === 'store_closed') throw error
    // Entries that were changed into something else need not have a meaning that tables could be derived from.
    projections.bad(
      `the tables cannot be derived from the entries: ${error instanceof Error ? error.message : String(error)}`,
    )
    for (const check of [columns, keys, schema]) check.note = 'not compared, because the tables cannot be derived'
    return { checks: checks(), notCompared: undefined }
  }
}

function isOf(tables: readonly string[], table: string): boolean {
  return tables.includes(table)
}

/** What no check can show from the stored bytes, said so that nobody takes it for shown. */
const neverChecked = [
  'the text index, which is made again from the log',
  'checkpoints that were taken away while newer ones are kept, and the times at which checkpoints were signed',
  'the marks by which an event is known when it comes again, and which erasures the text index still has to follow',
]

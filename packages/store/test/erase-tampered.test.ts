import { DatabaseSync } from 'node:sqlite'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { batch, idOf, prepare } from '../src/contract/events.ts'
import { openSqliteStore } from '../src/drivers/sqlite/sqlite-store.ts'
import { LedgerFolder } from './ledger-folder.ts'
import { commitTo, openLogFile, preparedEvent, requestOf } from './open-log-file.ts'

/** An erasure never says that it destroyed what is still there, also when somebody has changed the tables. */
let folder: LedgerFolder
const events = ['r1', 'r2'].map((runId) =>
  prepare({ event_type: 'run_created', run_id: runId, run_seq: 0 }, { payload: { text: `of ${runId}` } }),
)

beforeEach(async () => {
  folder = new LedgerFolder()
  await using store = await openSqliteStore({ data: folder.data, state: folder.state })
  await store.createLog('main')
  for (const event of events) await store.append('main', batch([event]))
})
afterEach(() => folder[Symbol.dispose]())

function erase(target: { runId: string } | { eventId: string }): unknown {
  using file = openLogFile(folder)
  try {
    return file.erase({ ...target, actorId: 'officer', reasonCode: 'request' }).events
  } catch (error) {
    // It goes on taking events, or says why not.
    commitTo(file, requestOf(preparedEvent()))
    return error instanceof Error && 'code' in error ? error.code : error
  }
}

function left(): Record<string, number> {
  const database = new DatabaseSync(folder.databasePath(), { readOnly: true })
  const count = (table: string): number => Number(database.prepare(`SELECT count(*) AS n FROM ${table}`).get()?.['n'])
  const counts = { keys: count('vault_key'), blocks: count('vault_block') }
  database.close()
  return counts
}

it('destroys key and block of a run although the key was filed under another run', () => {
  folder.run('UPDATE vault_key SET run = 9999 WHERE run = (SELECT pk FROM run WHERE run_id = ?)', 'r1')
  expect(erase({ runId: 'r1' })).toBe(1)
  expect(left()).toEqual({ keys: 1, blocks: 1 })
})

it('leaves a key that other blocks need, and destroys the block', () => {
  folder.run('UPDATE vault_block SET key = (SELECT max(id) FROM vault_key)')
  expect(erase({ runId: 'r1' })).toBe(1)
  expect(left()).toEqual({ keys: 1, blocks: 1 })
})

it('fails and records nothing when nothing was there to be destroyed', () => {
  folder.run('UPDATE vault_block SET id = id + 100')
  expect(erase({ runId: 'r1' })).toBe('erasure_failed')
  expect(erase({ eventId: idOf(events[1] ?? prepare({})) })).toBe('erasure_failed')
  expect(left()).toEqual({ keys: 2, blocks: 2 })
})

it('fails when the block that an event names does not hold its payload', () => {
  folder.run('UPDATE event SET block = (SELECT max(id) FROM vault_block)')
  expect(erase({ eventId: idOf(events[0] ?? prepare({})) })).toBe('erasure_failed')
  expect(left()).toEqual({ keys: 2, blocks: 2 })
})

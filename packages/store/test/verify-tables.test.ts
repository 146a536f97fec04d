import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { batch, prepare, runEvents } from '../src/contract/events.ts'
import { openSqliteStore } from '../src/drivers/sqlite/sqlite-store.ts'
import { createGenerator, createRandom } from './generated-events.ts'
import { failedChecks, firstBad, LedgerFolder } from './ledger-folder.ts'

/** What an insider can change beside the entries: rows that nothing shows until somebody searches, erases or writes. */
const folder = new LedgerFolder()

beforeAll(async () => {
  await folder.use(async ({ log, principal }) => {
    const next = createGenerator(createRandom(11), 3)
    const events = Array.from({ length: 60 }, next)
    const { rejected } = await log.ingest(JSON.stringify(events), { principal, format: 'json' })
    if (rejected.length > 0) throw new Error(JSON.stringify(rejected[0]))
  })
  folder.keep('clean')
})
beforeEach(() => folder.restore('clean'))
afterAll(() => folder[Symbol.dispose]())

describe('verify names', () => {
  it.each([
    ['a term of a run that is not there', 'INSERT INTO term SELECT key, 9, 4242, 0 FROM term LIMIT 1', 'projections'],
    ['a term moved from its run to an action', 'UPDATE term SET action = 99 WHERE action = 0', 'projections'],
    [
      'a term moved from its action to the run',
      'UPDATE term SET action = 0 WHERE (key, value, run, action) IN (SELECT key, value, run, action FROM term WHERE action > 0 LIMIT 1)',
      'projections',
    ],
    ['a term of a key that is not there', 'INSERT INTO term SELECT 999, 9, run, 0 FROM term LIMIT 1', 'projections'],
    ['the state of an action that is not there', "INSERT INTO action_state VALUES (777, '{}')", 'projections'],
    ['the state of a run that is gone', 'DELETE FROM run_state WHERE pk = 1', 'projections'],
    ['another number of a run', 'UPDATE run SET pk = 4242 WHERE pk = (SELECT max(pk) FROM run)', 'entry columns'],
    ['a block that no entry names', "INSERT INTO vault_block VALUES (777, 1, x'00')", 'payload keys'],
    ['a key that an erasure would miss', 'UPDATE vault_key SET run = 4242 WHERE id = 1', 'payload keys'],
    ['a key that opens nothing', "INSERT INTO vault_key VALUES (777, NULL, x'00')", 'payload keys'],
    ['a trigger', "CREATE TRIGGER t AFTER INSERT ON event BEGIN UPDATE run SET outcome = 'done'; END", 'schema'],
    ['an index that was dropped', 'DROP INDEX run_outcome', 'schema'],
  ])('%s', async (_name, sql, check) => {
    folder.edit((database) => database.exec(sql))
    const report = await folder.verify()
    expect(failedChecks(report)).toEqual([check])
    expect(firstBad(report, check)).toBeDefined()
  })
})

describe('the comparison', () => {
  it('finds nothing while the log is written to, erased from and read', async () => {
    using other = new LedgerFolder()
    await using store = await openSqliteStore({ data: other.data, state: other.state })
    await store.createLog('main')
    let made = 0
    const write = (): Promise<unknown> => {
      made += 1
      const actions = [{ id: `a${made}`, type: 'refund.create', payload: { made } }]
      return store.append('main', batch(runEvents({ runId: `r${made}`, actions })))
    }
    for (let at = 0; at < 400; at += 1) await write()
    const state = { isDone: false }
    const comparing = store.compareProjections('main').finally(() => {
      state.isDone = true
    })
    for (let at = 1; !state.isDone; at += 1) {
      await write()
      const late = prepare({ event_type: 'input_resolved', run_id: `r${at}`, run_seq: 9, prompt_ref: `p@${at}` })
      await store.append('main', batch([late]))
      if (at % 5 === 0) await store.erase('main', { runId: `r${at}`, actorId: 'officer', reasonCode: 'request' })
      expect((await store.run('main', `r${at}`))?.run.runId).toBe(`r${at}`)
    }
    const { compared, differences, notCompared } = await comparing
    expect([differences, notCompared]).toEqual([[], undefined])
    expect(compared).toBeGreaterThan(1_200)
    expect(made).toBeGreaterThan(400)
  })

  it('ends when the store is closed', async () => {
    const store = await openSqliteStore({ data: folder.data, state: folder.state })
    const comparing = store.compareProjections('main').catch((error: unknown) => error)
    await store[Symbol.asyncDispose]()
    // Either it was quick enough, or it says that it was ended.
    expect([[], undefined]).toContainEqual(((await comparing) as { differences?: unknown }).differences)
  })
})

import { globSync } from 'node:fs'
import path from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { afterAll, beforeAll, expect, onTestFinished, test } from 'vitest'
import { openLedger, type Principal } from '@counterfoil/ledger'
import { nextId, refundRun, runCreated, runEvent } from './_events.ts'
import { filesHolding, openTestLedger, type TestEvent, type TestLedger } from './_ledger.ts'

let open: TestLedger
let key: Principal
const by = { actorId: 'usr-19', reasonCode: 'erasure_request' }

beforeAll(async () => {
  open = await openTestLedger()
  key = await open.key('ingest')
})
afterAll(() => open[Symbol.asyncDispose]())

/** Words of the text index; it stores what two neighbours share at their beginning only once. */
const canaries = Array.from({ length: 10 }, (_, at) => `${String.fromCharCode(97 + at).repeat(2)}canary${at}word`)
const kept = 'zzkeptword'
/** So much of a word stands there in any case. */
const tail = (word: string): string => word.slice(3)

function canaryRun(runId: string, words: readonly string[]): TestEvent[] {
  return refundRun(runId).map((event, at) => {
    const word = words[at % words.length] ?? ''
    return {
      ...event,
      payload: { parameters: { note: word }, text: `some ${word} here`, again: word },
      summary: `about ${word}`,
    }
  })
}

/** The wrapped data keys and sealed blocks of a run: what erasure has to destroy. */
function keyMaterial(runId: string): string[] {
  const [file = ''] = globSync('logs/*/log.db', { cwd: open.data })
  const database = new DatabaseSync(path.join(open.data, file), { readOnly: true })
  try {
    const rows = database
      .prepare(
        'SELECT wrapped AS bytes FROM vault_key JOIN run ON run.pk = vault_key.run WHERE run_id = ? UNION ALL SELECT sealed FROM vault_block JOIN vault_key ON vault_key.id = vault_block.key JOIN run ON run.pk = vault_key.run WHERE run_id = ?',
      )
      .all(runId, runId)
    return rows.map((row) =>
      Buffer.from(row['bytes'] as Uint8Array)
        .subarray(0, 48)
        .toString('latin1'),
    )
  } finally {
    database.close()
  }
}

const sent = canaryRun('gone', canaries)

test('erasing a run destroys its key, its blocks and its words; everything else stays', async () => {
  await open.store(sent, key)
  await open.store(canaryRun('stays', [kept]), key)
  await open.ledger.settleText()
  const before = await open.log.report()
  expect((await open.log.runs({ query: canaries[3] ?? '' })).runs.map(({ run_id }) => run_id)).toEqual(['gone'])
  expect(filesHolding(open.data, canaries.map(tail)).length).toBeGreaterThanOrEqual(canaries.length)
  const material = keyMaterial('gone')
  expect(material.length).toBeGreaterThanOrEqual(2)

  const { events, index } = await open.log.erase({ runId: 'gone' }, by)
  expect(events).toBe(sent.length)
  expect(index).toBe(before.size)
  // Hits are filtered at once, before the files are rewritten.
  for (const word of canaries) expect((await open.log.runs({ query: word })).runs).toEqual([])
  expect((await open.log.runs({ query: kept })).runs.map(({ run_id }) => run_id)).toEqual(['stays'])

  await open.ledger.settleText()
  const report = await open.log.run('gone')
  expect(report.run).toMatchObject({ outcome: 'done', flags: ['erased'] })
  expect(report.timeline.filter(({ payload }) => payload !== undefined).map(({ payload }) => payload?.state)).toEqual(
    sent.map(() => 'erased'),
  )
  expect(JSON.stringify(report)).not.toMatch(/canary/)
  expect(report.actions[0]).not.toHaveProperty('parameters')
  expect(report.timeline.at(-1)).toMatchObject({ event_type: 'payload_erased', grade: 'observed' })
  expect(JSON.stringify(await open.log.run('stays'))).toContain(kept)

  const checks = (await open.log.verify()).checks
  expect(checks.filter(({ ok }) => !ok)).toEqual([])
  const proof = await open.log.consistencyProof(before.size)
  expect(proof.to).toBe(before.size + 1)

  await open.close()
  expect(filesHolding(open.folder, canaries.map(tail))).toEqual([])
  expect(filesHolding(open.folder, material)).toEqual([])
  // The scan would see them: the words of the other run are there.
  expect(filesHolding(open.folder, [tail(kept)]).length).toBeGreaterThanOrEqual(1)
})

test('after a restart: still erased, still provable, and a repeated event is a duplicate', async () => {
  const ledger = await openLedger({ data: open.data, state: path.join(open.folder, 'state') })
  onTestFinished(() => ledger[Symbol.asyncDispose]())
  const log = await ledger.log('main')
  const size = (await log.report()).size
  const again = await log.ingest(JSON.stringify(sent), { principal: key, format: 'json' })
  expect(again.rejected).toEqual([])
  expect(again.acks.map(({ status }) => status)).toEqual(sent.map(() => 'duplicate'))
  expect((await log.report()).size).toBe(size)
  expect((await log.verify()).ok).toBe(true)
  await ledger.settleText()
  expect((await log.runs({ query: canaries[0] ?? '' })).runs).toEqual([])

  // New events of the run get a new key.
  const late = runEvent('input_resolved', 'gone', 20, { payload: { text: 'zqlateword' } })
  await log.ingest(JSON.stringify(late), { principal: key, format: 'json' })
  expect((await log.event(String(late['event_id']))).payload).toMatchObject({ state: 'present' })
  expect((await log.verify()).ok).toBe(true)
  await log.rebuild()
  expect((await log.verify()).ok).toBe(true)
})

test('erasing one event leaves its neighbours in the same block', async () => {
  const fresh = await openTestLedger()
  onTestFinished(() => fresh[Symbol.asyncDispose]())
  const principal = await fresh.key('ingest')
  const events = [
    runCreated('r', { payload: { text: 'zqfirst' } }),
    runEvent('input_resolved', 'r', 1, { payload: { text: 'zqsecond' }, summary: 'zqsummary9' }),
    runEvent('input_resolved', 'r', 2, { payload: { text: 'zqthird' } }),
  ]
  await fresh.store(events, principal)
  await fresh.ledger.settleText()
  const target = String(events[1]?.['event_id'])
  expect(await fresh.log.erase({ eventId: target }, by)).toMatchObject({ events: 1 })
  await fresh.ledger.settleText()
  const erased = await fresh.log.event(target)
  expect(erased.payload).toMatchObject({ state: 'erased' })
  expect(erased).not.toHaveProperty('summary')
  const { timeline } = await fresh.log.run('r')
  expect(timeline.map(({ payload }) => payload?.state)).toEqual(['present', 'erased', 'present', undefined])
  expect((await fresh.log.runs({ query: 'zqsecond' })).runs).toEqual([])
  expect((await fresh.log.runs({ query: 'zqthird' })).runs.length).toBe(1)
  expect((await fresh.store(events, principal)).acks.map(({ status }) => status)).toEqual([
    'duplicate',
    'duplicate',
    'duplicate',
  ])
  expect((await fresh.log.verify()).ok).toBe(true)
  await fresh.close()
  expect(filesHolding(fresh.folder, ['second', 'summary9'])).toEqual([])
  expect(filesHolding(fresh.folder, ['third']).length).toBeGreaterThanOrEqual(1)
})

test('nothing to erase is an error that changes nothing', async () => {
  const fresh = await openTestLedger()
  onTestFinished(() => fresh[Symbol.asyncDispose]())
  const { size } = await fresh.log.report()
  await expect(fresh.log.erase({ runId: 'nobody' }, by)).rejects.toMatchObject({ code: 'run_unknown' })
  await expect(fresh.log.erase({ eventId: nextId() }, by)).rejects.toMatchObject({ code: 'event_unknown' })
  await expect(fresh.log.erase({ eventId: 'no-uuid' }, by)).rejects.toMatchObject({ code: 'event_unknown' })
  expect((await fresh.log.report()).size).toBe(size)
})

import { globSync } from 'node:fs'
import path from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { afterAll, beforeAll, expect, test } from 'vitest'
import type { Principal } from '@counterfoil/ledger'
import { refundRun, runCreated, runEvent } from './_events.ts'
import { openTestLedger, type TestLedger } from './_ledger.ts'

let open: TestLedger
let key: Principal

beforeAll(async () => {
  open = await openTestLedger()
  key = await open.key('ingest')
})
afterAll(() => open[Symbol.asyncDispose]())

/** The text as a client reads it, and the report as a caller in this process gets it. */
async function both(runId: string, options?: { from?: number; limit?: number }): Promise<[unknown, unknown]> {
  const text = Buffer.from(await open.log.runJson(runId, options)).toString('utf8')
  const report = await open.log.run(runId, options)
  return [JSON.parse(text), JSON.parse(JSON.stringify(report))]
}

/** Sends events whose payloads are JSON texts, which `JSON.stringify` would change. */
async function storeTexts(runId: string, payloads: readonly string[]): Promise<void> {
  const events = payloads.map((payload, at) => {
    const event = at === 0 ? runCreated(runId) : runEvent('input_resolved', runId, at)
    return `${JSON.stringify(event).slice(0, -1)},"payload":${payload}}`
  })
  const { rejected } = await open.log.ingest(`[${events.join(',')}]`, { principal: key, format: 'json' })
  expect(rejected).toEqual([])
}

test('the JSON of a run says what its report says', async () => {
  await open.store(refundRun('plain'), key)
  const [text, report] = await both('plain')
  expect(text).toEqual(report)
  expect(report).toMatchObject({ run: { run_id: 'plain', events: 10 }, timeline: { length: 10 } })
})

test('pages of a timeline and a beginning of an id are the same in both', async () => {
  await open.store(refundRun('paged-1'), key)
  const [first, report] = await both('paged', { limit: 4 })
  expect(first).toEqual(report)
  const next = (report as { timeline_next: number }).timeline_next
  const [second, secondReport] = await both('paged', { from: next })
  expect(second).toEqual(secondReport)
  expect(secondReport).toMatchObject({ timeline: { length: 6 } })
  await expect(open.log.runJson('nobody')).rejects.toMatchObject({ code: 'run_unknown' })
})

test('numbers that JavaScript would change are strings in both, and no other content changes', async () => {
  const payloads = [
    '{"price":12.50,"big":12345678901234567890,"tiny":1E-7,"zero":-0,"whole":42,"half":0.5}',
    '[1.0,[2.00,-3.10],{"n":9007199254740993}]',
    '9.50',
    '"costs 9.50, or 1e5, or 12345678901234567890"',
    '{"text":"a \\"quoted\\": 7.10 and [1.0","safe":123456789012345}',
    '{"émoji":"→ 🙂 ü","__proto__":{"x":1},"constructor":null}',
    '{ "spaced" : [ 1 , 2.0 ] }',
    'null',
    'true',
    '{}',
  ]
  await storeTexts('numbers', payloads)
  const [text, report] = await both('numbers')
  expect(text).toEqual(report)
  const contents = (text as { timeline: { payload: { content: unknown } }[] }).timeline.map(
    ({ payload }) => payload.content,
  )
  expect(contents.slice(0, 3)).toEqual([
    { price: '12.50', big: '12345678901234567890', tiny: '1E-7', zero: '-0', whole: 42, half: 0.5 },
    ['1.0', ['2.00', '-3.10'], { n: '9007199254740993' }],
    '9.50',
  ])
  expect(contents[3]).toBe('costs 9.50, or 1e5, or 12345678901234567890')
  expect(contents[6]).toEqual({ spaced: [1, '2.0'] })
})

test('an erased body is erased in both, and what does not fit its leaf is damaged', async () => {
  await open.store(refundRun('erased'), key)
  await open.log.erase({ runId: 'erased' }, { actorId: 'usr-19', reasonCode: 'erasure_request' })
  const [text, report] = await both('erased')
  expect(text).toEqual(report)
  expect(statesOf(report)).toEqual(['erased', 'erased'])

  await open.store(refundRun('swapped'), key)
  await open.store(refundRun('recommitted'), key)
  const [file = ''] = globSync('logs/*/log.db', { cwd: open.data })
  const database = new DatabaseSync(path.join(open.data, file))
  database.exec(`UPDATE event SET block = (SELECT block FROM event JOIN run ON run.pk = event.run
     WHERE run_id = 'plain' AND block IS NOT NULL LIMIT 1)
   WHERE block IS NOT NULL AND run = (SELECT pk FROM run WHERE run_id = 'swapped')`)
  database.exec(`UPDATE event SET leaf = CAST(replace(CAST(leaf AS TEXT), 'hmac-sha256:', 'hmac-sha256:0') AS BLOB)
   WHERE block IS NOT NULL AND run = (SELECT pk FROM run WHERE run_id = 'recommitted')`)
  database.close()
  const [other, otherReport] = await both('recommitted')
  expect(other).toEqual(otherReport)
  expect(statesOf(other)).toEqual(['damaged', 'damaged'])
  const [damaged, damagedReport] = await both('swapped')
  expect(damaged).toEqual(damagedReport)
  expect(statesOf(damaged)).toEqual(['damaged', 'damaged'])
})

function statesOf(report: unknown): string[] {
  const { timeline } = report as { timeline: { payload?: { state: string } }[] }
  return timeline.flatMap(({ payload }) => (payload === undefined ? [] : [payload.state]))
}

import { limits } from '@counterfoil/schema'
import { afterAll, beforeAll, expect, test } from 'vitest'
import type { IngestReport, Principal } from '@counterfoil/ledger'
import { newAction, nextId, refundRun, runCreated, runEvent } from './_events.ts'
import { openTestLedger, type TestLedger } from './_ledger.ts'

let open: TestLedger
let key: Principal

beforeAll(async () => {
  open = await openTestLedger()
  key = await open.key('ingest')
})
afterAll(() => open[Symbol.asyncDispose]())

const post = (body: string, format: 'json' | 'ndjson' = 'json'): Promise<IngestReport> =>
  open.log.ingest(body, { principal: key, format })

/** A richly filled event: something to change in each part. */
function richEvent(): Record<string, unknown> {
  return runEvent('decision_proposed', `run-${nextId()}`, 2, {
    ...newAction(),
    reason_code: 'item_damaged',
    sources: [
      { type: 'order', id: 'W1' },
      { type: 'mail', id: 'm1' },
    ],
    attributes: { order: 'W1', amount_minor: 5 },
    payload: { parameters: { order: 'W1', amount: 1.5, tags: ['a', 'b'] }, text: 'naïve "quoted" 😀' },
    summary: 'refund of an order',
  })
}

function reversed(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(reversed)
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(
    Object.entries(value)
      .toReversed()
      .map(([name, member]) => [name, reversed(member)]),
  )
}

/** The same JSON value, every character of every string written as an escape. */
const escaped = (text: string): string =>
  text.replaceAll(/"(?:[^"\\]|\\.)*"/g, (literal) => {
    const plain = JSON.parse(literal) as string
    return `"${Array.from({ length: plain.length }, (_, at) => `\\u${plain.charCodeAt(at).toString(16).padStart(4, '0')}`).join('')}"`
  })

test('the same event again, in whatever writing, gets the first acknowledgement', async () => {
  const event = richEvent()
  const text = JSON.stringify(event)
  const { payload: body, ...envelope } = event
  const first = (await post(text)).acks[0]
  expect(first?.status).toBe('stored')
  const writings = {
    'the same bytes': text,
    'white space': JSON.stringify(event, null, 3).replaceAll('\n', '\r\n\t'),
    'order of the members of the envelope': JSON.stringify({ payload: body, ...(reversed(envelope) as object) }),
    escapes: escaped(text),
    'within an array': `[${text}]`,
  }
  for (const [how, again] of Object.entries(writings)) {
    const { acks, rejected } = await post(again)
    expect([how, rejected]).toEqual([how, []])
    expect([how, acks[0]]).toEqual([how, { ...first, status: 'duplicate' }])
  }
  expect((await post(text, 'ndjson')).acks[0]).toEqual({ ...first, status: 'duplicate' })
})

test('any other content under the same id is a conflict, and changes nothing', async () => {
  const event = richEvent()
  await post(JSON.stringify(event))
  const before = await open.log.report()
  const { summary: _summary, ...withoutSummary } = event
  const { payload: _payload, ...withoutPayload } = event
  const others: Record<string, Record<string, unknown>> = {
    'an envelope field': { ...event, reason_code: 'other' },
    'one more field': { ...event, confidence: 'high' },
    'the order of sources': {
      ...event,
      sources: [
        { type: 'mail', id: 'm1' },
        { type: 'order', id: 'W1' },
      ],
    },
    'an attribute': { ...event, attributes: { order: 'W1', amount_minor: 6 } },
    'a number as a string': { ...event, attributes: { order: 'W1', amount_minor: '5' } },
    'a payload value': { ...event, payload: { parameters: { order: 'W2' } } },
    'the order of members within the payload': { ...event, payload: reversed(event['payload']) },
    'no payload': withoutPayload,
    'a null payload': { ...event, payload: null },
    'the summary': { ...event, summary: 'refund of an Order' },
    'no summary': withoutSummary,
    'the run': { ...event, run_id: 'another' },
    'the type': { ...event, event_type: 'tool_called', sources: undefined, tool: { name: 't' } },
  }
  for (const [what, other] of Object.entries(others)) {
    const { acks, rejected } = await post(JSON.stringify(other))
    expect([what, acks]).toEqual([what, []])
    expect([what, rejected[0]?.code, rejected[0]?.pointer]).toEqual([what, 'id_conflict', '/event_id'])
  }
  expect((await open.log.report()).root).toBe(before.root)
})

test('a number keeps its source text: 1.0 is not 1', async () => {
  const text = (number: string): string => {
    const { payload: _, ...event } = { ...first, payload: 0 }
    return `${JSON.stringify(event).slice(0, -1)},"payload":{"n":${number}}}`
  }
  const first = richEvent()
  expect((await post(text('1'))).acks[0]?.status).toBe('stored')
  expect((await post(text('1.0'))).rejected[0]?.code).toBe('id_conflict')
  expect((await post(text('1'))).acks[0]?.status).toBe('duplicate')
})

test('who sends again does not matter, what is sent does', async () => {
  const event = richEvent()
  await open.store(event, key)
  const { acks } = await open.store(event, await open.key('ingest'))
  expect(acks[0]?.status).toBe('duplicate')
  expect((await open.log.event(String(event['event_id']))).event).toMatchObject({ key_id: key.keyId })
})

test('twice in one batch: stored once', async () => {
  const event = richEvent()
  const { acks, rejected } = await open.send([event, event, { ...event, reason_code: 'other' }], key)
  expect(acks.map(({ status }) => status)).toEqual(['stored', 'duplicate'])
  expect(acks[0]?.index).toBe(acks[1]?.index)
  expect(rejected).toMatchObject([{ position: 2, code: 'id_conflict', pointer: '/event_id' }])
})

test('a bad event never rejects its neighbours, and each has its own code and pointer', async () => {
  const runId = `run-${nextId()}`
  const good = refundRun(runId)
  const bad: [string, string, string][] = [
    ['{}', 'field_missing', '/event_type'],
    ['17', 'not_an_object', ''],
    ['null', 'not_an_object', ''],
    [JSON.stringify(runCreated(runId, { workflow: {} })), 'field_missing', '/workflow/name'],
    [JSON.stringify(runCreated(runId, { index: 5 })), 'field_reserved', '/index'],
    [JSON.stringify(runCreated(runId, { surprise: 5 })), 'field_unknown', '/surprise'],
    [JSON.stringify(runCreated(runId)).replace('{', '{"run_id":"x",'), 'json_duplicate_key', '/run_id'],
    [
      JSON.stringify(runCreated(runId, { environment: 'X' })).replace('X', '\\ud800'),
      'json_lone_surrogate',
      '/environment',
    ],
    [JSON.stringify(runCreated(runId)).replace('"run_seq":0', '"run_seq":0.0'), 'field_invalid', '/run_seq'],
    [
      JSON.stringify(runCreated(runId, { summary: 'x'.repeat(limits.summaryCodePointsMax + 1) })),
      'summary_too_long',
      '/summary',
    ],
    [
      JSON.stringify(runCreated(runId, { payload: 'x'.repeat(limits.payloadBytesMax) })),
      'payload_too_large',
      '/payload',
    ],
    [
      `${JSON.stringify(runCreated(runId)).slice(0, -1)},"payload":${'['.repeat(65)}${']'.repeat(65)}}`,
      'payload_too_deep',
      '/payload',
    ],
  ]
  const parts = bad.flatMap(([text], at) => [JSON.stringify(good[at % good.length]), text])
  const { acks, rejected } = await post(`[${parts.join(',')}]`)
  expect(acks.map(({ position }) => position)).toEqual(bad.map((_, at) => at * 2))
  expect(rejected.map(({ position }) => position)).toEqual(bad.map((_, at) => at * 2 + 1))
  expect(rejected.map(({ code, pointer }) => [code, pointer.startsWith('/payload') ? '/payload' : pointer])).toEqual(
    bad.map(([, code, pointer]) => [code, pointer]),
  )
  expect((await open.log.run(runId)).run.events).toBe(good.length)
})

test('an envelope over its limit is refused with its code, and its neighbours are stored', async () => {
  const runId = `run-${nextId()}`
  const sources = Array.from({ length: limits.sourcesMax }, (_, at) => ({
    type: 'order',
    id: `${at}-${'x'.repeat(120)}`,
    version: 'v'.repeat(128),
  }))
  const attributes = Object.fromEntries(Array.from({ length: 32 }, (_, at) => [`a${at}`, 'y'.repeat(256)]))
  const { acks, rejected } = await open.send(
    [
      runCreated(runId),
      runEvent('input_resolved', runId, 1, { sources, attributes }),
      runEvent('run_completed', runId, 2),
    ],
    key,
  )
  expect(acks.map(({ position }) => position)).toEqual([0, 2])
  expect(rejected).toMatchObject([{ position: 1, code: 'envelope_too_large', pointer: '' }])
})

test('all or none: one bad event leaves nothing', async () => {
  const runId = `run-${nextId()}`
  const before = await open.log.report()
  const { acks, rejected } = await open.send(
    [runCreated(runId), { nonsense: true }, runEvent('run_completed', runId, 1)],
    key,
    { atomic: true },
  )
  expect(acks).toEqual([])
  expect(rejected.map(({ code }) => code)).toEqual(['atomic_batch_refused', 'field_missing', 'atomic_batch_refused'])
  expect((await open.log.report()).size).toBe(before.size)
  await expect(open.log.run(runId)).rejects.toMatchObject({ code: 'run_unknown' })
})

test('after all of it every proof holds', async () => {
  const report = await open.log.verify()
  expect(report.checks.filter(({ ok }) => !ok)).toEqual([])
})

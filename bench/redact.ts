/**
 * What the strict parser and redaction cost for one event of about 1 KB, beside JSON.parse of the same text.
 * Usage: node --conditions=@counterfoil/source bench/redact.ts
 */
import { parseEventArray, parseJson, type JsonObject, type RawJson } from '@counterfoil/schema/json'
import { createRedactor } from '@counterfoil/schema/redact'
import { performance } from 'node:perf_hooks'
import type { Row } from './row.ts'

const rounds = 9
const callsPerRound = 4_000

const payload = {
  parameters: {
    order_id: '#W1001',
    item_ids: ['1008292230', '4107812777'],
    payment_method_id: 'credit_card_8897086',
    reason: 'The customer says that the item was damaged on arrival and asks for a full refund.',
  },
  result: {
    status: 'ok',
    message: 'Refund of 240.00 EUR was issued to the original payment method. It can take 5 to 7 days.',
    url: 'https://shop.example.com/orders/W1001/refunds/1',
  },
  thought: 'The order was delivered two days ago, so the policy allows a refund.',
}

const event = {
  schema_version: '1.0',
  event_id: '01939c5e-7a10-7c3e-8d55-3f0a6d1b2c44',
  event_type: 'tool_called',
  occurred_at: '2026-01-01T10:00:00.000Z',
  run_id: 'run-7Q2m',
  run_seq: 3,
  correlation_id: 'ticket-88123',
  actor: { type: 'agent', id: 'support-bot', version: '4.2.1' },
  action: {
    id: '01939c5e-7a10-7c3e-8d55-3f0a6d1b2c45',
    type: 'refund.create',
    effect_class: 'financial',
    idempotency_key: 'refund-W1001-1',
  },
  target: { type: 'order', id: 'W1001', version: '7' },
  tool: { name: 'create_refund', call_id: 'call_abc123' },
  attributes: { order: 'W1001', amount_minor: 24_000, currency: 'EUR' },
  payload,
}

/** Microseconds a call: the best of several rounds, taken in turns so that all see the same machine. */
function measure(jobs: readonly (() => unknown)[]): number[] {
  const best = jobs.map(() => Number.POSITIVE_INFINITY)
  for (let round = 0; round < rounds; round++) {
    for (const [index, job] of jobs.entries()) {
      const begun = performance.now()
      for (let call = 0; call < callsPerRound; call++) job()
      const micros = ((performance.now() - begun) / callsPerRound) * 1_000
      best[index] = Math.min(best[index] ?? micros, micros)
    }
  }
  return best
}

/** Measures everything; takes about two seconds. */
export function run(): Promise<Row[]> {
  const redactor = createRedactor()
  const options = { raw: 'payload', isInteresting: redactor.isSecretKey }
  const text = JSON.stringify(event)
  const batch = `[${Array.from({ length: 100 }, () => text).join(',')}]`
  const parsed = parseJson(text, options) as JsonObject
  const clean = parsed['payload'] as RawJson
  const dirty = (
    parseJson(
      JSON.stringify({ payload: { ...payload, headers: { authorization: 'Bearer x' } } }),
      options,
    ) as JsonObject
  )['payload'] as RawJson
  const jobs: [string, () => unknown][] = [
    ['strict parse, as a tree', () => parseJson(text)],
    ['strict parse, payload left as text', () => parseJson(text, options)],
    [
      'redaction of envelope and payload, nothing found',
      () => [redactor.redactEnvelope(parsed, []), redactor.redactPayload(clean, [])],
    ],
    ['redaction of a payload, one secret found', () => redactor.redactPayload(dirty, [])],
    ['redaction of a payload as a tree', () => redactor.redactValue(payload, '/payload', [])],
  ]
  const [baseline = 0, inBatch = 0, ...values] = measure([
    () => JSON.parse(text),
    () => (batchTurn++ % 100 === 0 ? [...parseEventArray(batch, options)] : undefined),
    ...jobs.map(([, job]) => job),
  ])
  const named = [
    ...jobs.map(([name], index) => ({ name, value: values[index] ?? 0 })),
    { name: 'strict parse in a batch of 100', value: inBatch },
  ]
  const rows = named.map(({ name, value }) => ({
    name: `${name} (${text.length} B event)`,
    value,
    unit: 'µs',
    limitName: 'JSON.parse of the event',
    limitValue: baseline,
    ratio: value / baseline,
  }))
  return Promise.resolve(rows)
}

let batchTurn = 0

if (import.meta.main) {
  for (const { name, value, unit, limitName, limitValue, ratio } of await run())
    console.log(
      `${value.toFixed(2).padStart(7)} ${unit}  ${name}; ${limitName} ${limitValue?.toFixed(2)} ${unit}, ratio ${ratio?.toFixed(2)}`,
    )
}

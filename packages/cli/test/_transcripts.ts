import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Place } from './_program.ts'

/** A conversation in which an agent refunds an order, as `openai-chat` reads it. */
export function conversation(words: string, order = 'W1001'): Record<string, unknown> {
  return {
    messages: [
      { role: 'system', content: 'You are a support agent.' },
      { role: 'user', content: words },
      {
        role: 'assistant',
        content: null,
        tool_calls: [
          {
            id: 'call_1',
            type: 'function',
            function: { name: 'refund_order', arguments: JSON.stringify({ order_id: order, amount: '12.00' }) },
          },
        ],
      },
      { role: 'tool', tool_call_id: 'call_1', content: '{"refund_id":"re_1"}' },
      { role: 'assistant', content: `Order ${order} is refunded.` },
    ],
  }
}

export function writeLines(place: Place, name: string, lines: readonly (object | string)[]): string {
  const file = join(place.folder, name)
  writeFileSync(file, lines.map((line) => `${typeof line === 'string' ? line : JSON.stringify(line)}\n`).join(''))
  return file
}

let counter = 0

/** A UUIDv7, greater than the one before. */
function nextId(): string {
  counter++
  const time = (Date.now() + counter).toString(16).padStart(12, '0')
  return `${time.slice(0, 8)}-${time.slice(8)}-7000-8000-${counter.toString(16).padStart(12, '0')}`
}

/** Our own events: a run with one refund. */
export function refundEvents(runId: string, words = 'a refund, please'): Record<string, unknown>[] {
  const action = { id: nextId(), type: 'refund.create', effect_class: 'financial' }
  const target = { type: 'order', id: `${runId}-order` }
  const event = (type: string, seq: number, fields: object): Record<string, unknown> => ({
    schema_version: '1.0',
    event_id: nextId(),
    event_type: type,
    run_id: runId,
    run_seq: seq,
    ...fields,
  })
  return [
    event('run_created', 0, {
      workflow: { name: 'refunds', version: '1.0.0' },
      trigger: { type: 'user' },
      customer_id: 'acme',
      actor: { type: 'agent', id: 'bot' },
      payload: { message: words },
    }),
    event('decision_proposed', 1, { action, target, payload: { parameters: { order: 'W1001' } } }),
    event('tool_called', 2, { action, target, tool: { name: 'refund' } }),
    event('side_effect_applied', 3, { action, target, effect: { status: 'applied', external_ref: `re_${runId}` } }),
    event('run_completed', 4, { result: 'success' }),
  ]
}

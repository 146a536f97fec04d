import { fileURLToPath } from 'node:url'
import { expect, test } from 'vitest'
import { faultsOf, importFile, readMap, rejectionsOf, runsOf } from './import-file.ts'

const file = fileURLToPath(new URL('../../../../examples/transcripts/support-desk.jsonl', import.meta.url))

test('the example shows every way that an action can end, and nothing in it is unknown', () => {
  const items = importFile('openai-chat', file, readMap('support-desk'))
  expect(rejectionsOf(items)).toEqual([])
  expect(faultsOf(items)).toEqual([])
  const runs = runsOf(items)
  expect(runs.map(({ run }) => [run.workflow, run.ended, run.unmappedTools])).toEqual(
    runs.map(() => ['support-desk', true, {}]),
  )
  expect(
    runs.map(({ events }) =>
      events
        .filter(
          ({ event_type, action }) =>
            event_type !== 'tool_called' && action !== undefined && action.type !== 'message.send',
        )
        .filter(({ event_type }) => event_type !== 'decision_proposed')
        .map(({ action, result, effect }) => `${action?.type} ${effect?.status ?? result}`),
    ),
  ).toEqual([
    ['refund.create success', 'refund.create applied', 'email.send success', 'email.send applied'],
    [],
    ['refund.create not_applied'],
    ['order.update_address success', 'order.update_address applied', 'email.send not_applied'],
    [
      'order.cancel success',
      'order.cancel applied',
      'refund.create unknown',
      'refund.create unknown',
      'ticket.open success',
      'ticket.open applied',
    ],
    ['voucher.issue success', 'voucher.issue applied', 'email.send success', 'email.send applied'],
  ])
})

test('the first refund: amount in minor units, the receipt of the payment system, the time of the transcript', () => {
  const events = runsOf(importFile('openai-chat', file, readMap('support-desk')))[0]?.events ?? []
  expect(
    events.find(({ action, event_type }) => event_type === 'decision_proposed' && action?.type === 'refund.create'),
  ).toMatchObject({
    occurred_at: '2026-02-16T08:12:49.000Z',
    correlation_id: 'ticket-88123',
    target: { type: 'order', id: 'W1001' },
    attributes: { amount_minor: 6490, currency: 'EUR', refund_reason: 'item_damaged' },
    payload: { said: 'Below the limit of 200 EUR and not refunded yet.' },
  })
  expect(events.map(({ effect }) => effect?.external_ref).filter((ref) => ref !== undefined)).toEqual([
    're_7Q2M',
    'em_5501',
  ])
})

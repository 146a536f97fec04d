import { expect, test } from 'vitest'
import { z } from 'zod'
import { needsApproval, ref } from '../src/index.ts'
import { useRecorder } from './_recorder.ts'
import { Shop } from './_shop.ts'

const lab = useRecorder({
  agent: { id: 'refund-agent', version: '4.2.1' },
  environment: 'test',
  approver: () => ({ decision: 'approved', by: 'usr-19', note: 'photos show it' }),
  approverSurface: 'terminal',
})
const { recorder } = lab

test('the shortest code is the correct record', async () => {
  const shop = new Shop()
  const refund = recorder.action('refund.create', {
    effect: 'financial',
    input: z.strictObject({ order: z.string(), amountMinor: z.int().positive(), currency: z.enum(['EUR', 'USD']) }),
    target: (p) => ref('order', p.order),
    attributes: (p) => ({ order: p.order, amountMinor: p.amountMinor, currency: p.currency }),
    checks: {
      not_refunded_yet: async () => true,
      amount_limit: (p) =>
        p.amountMinor <= 20_000 || needsApproval('over_200', { from: 'group:finance', within: '1h' }),
    },
    run: (p, context) => shop.refund(p, context),
    receipt: (r) => ({ ref: r.id, actual: { amountMinor: r.amountMinor } }),
  })
  let runId = ''
  const result = await recorder.run(
    { workflow: 'refunds', version: '4.2.1', trigger: { type: 'event', ref: 'ticket:88123' }, customer: 'acme' },
    async (run) => {
      runId = run.id
      run.input({ sources: [ref('order', 'W1001', '7')], prompt: 'triage@7', policy: 'refunds@12' })
      return refund(
        { order: 'W1001', amountMinor: 24_000, currency: 'EUR' },
        { reason: 'item_damaged', confidence: 'high' },
      )
    },
  )
  expect(result).toEqual({ id: 're_1', amountMinor: 24_000 })
  const story = await lab.story(runId)
  expect(story.events).toEqual([
    'run_created',
    'input_resolved',
    'decision_proposed',
    'schema: allow allowed',
    'not_refunded_yet: allow allowed',
    'amount_limit: require_approval held',
    'approval_requested',
    'approval_granted',
    'tool_called',
    'tool_completed: success',
    'side_effect_applied',
    'run_completed',
  ])
  expect(story.report.run).toMatchObject({ status: 'completed', outcome: 'done', flags: [] })
  expect(story.grades).toEqual({
    trigger: 'claimed',
    context: 'claimed',
    proposal: 'claimed',
    checks: 'claimed',
    approval: 'claimed',
    effect: 'claimed',
  })
  expect(story.actions).toMatchObject([
    {
      type: 'refund.create',
      target: { type: 'order', id: 'W1001' },
      outcome: 'done',
      approver: 'usr-19',
      external_ref: 're_1',
    },
  ])
  expect(shop.calls).toHaveLength(1)
  expect(shop.calls[0]).toMatchObject({
    parameters: { order: 'W1001', amountMinor: 24_000, currency: 'EUR' },
    context: { idempotencyKey: story.actions[0]?.action_id, actionId: story.actions[0]?.action_id, runId, attempt: 1 },
  })
  expect(story.answers).toMatchObject({
    context: '1 input: order W1001 (version 7).',
    checks:
      '3 checks: schema → allow, not_refunded_yet → allow (rule not_refunded_yet) and amount_limit → require_approval (rule amount_limit).',
    approval: 'usr-19 approved refund.create.',
    effect: 'done: refund.create on order W1001 [re_1].',
  })
  expect(story.payload('tool_called')).toEqual({ parameters: { order: 'W1001', amountMinor: 24_000, currency: 'EUR' } })
  expect(story.payload('side_effect_applied')).toEqual({ actual: { amountMinor: 24_000 } })
  expect(lab.problems).toEqual([])
})

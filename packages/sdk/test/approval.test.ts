import { createHash } from 'node:crypto'
import { canonicalJson } from '@counterfoil/schema/json'
import { beforeEach, expect, test } from 'vitest'
import { deny, needsApproval, type ApprovalRequest, type Approver, type Verdict } from '../src/index.ts'
import { useRecorder } from './_recorder.ts'
import { expectRefusal, order, refundPlan, Shop, type RefundCall } from './_shop.ts'

let approver: Approver
let requests: ApprovalRequest[]
const lab = useRecorder({
  approver: (request, context) => {
    requests.push(request)
    return approver(request, context)
  },
  approverSurface: 'terminal',
})
const { recorder } = lab
let shop: Shop

beforeEach(() => {
  shop = new Shop()
  requests = []
  approver = () => ({ decision: 'approved', by: 'usr-19' })
})

const limit = (p: RefundCall): Verdict =>
  p.amountMinor <= 20_000 || needsApproval('over_200', { from: 'group:finance', within: '2h' })

const own = (p: RefundCall): Verdict => p.order === 'W1001' || deny('not_his_order')
const soon = (): Verdict => needsApproval('new_customer', { from: 'group:support', within: '10m' })
const also = (): Verdict => needsApproval('new_customer', { from: 'group:finance', within: '10m' })
const anybody = (): Verdict => needsApproval('odd_hour')
const board = (p: RefundCall): Verdict => p.amountMinor < 500_000 || needsApproval('over_5000', { from: 'group:board' })

const refundWith = (checks: Record<string, (p: RefundCall) => Verdict>) =>
  recorder.action('refund.create', { ...refundPlan, checks, run: (p, c) => shop.refund(p, c) })

test('a person is asked about exactly what would run', async () => {
  const { story } = await lab.run(() => refundWith({ amount_limit: limit })(order))
  const [request] = requests
  const target = { type: 'order', id: 'W1001' }
  const text = canonicalJson({ type: 'refund.create', target, parameters: { ...order } })
  expect(request).toMatchObject({
    action: 'refund.create',
    effect: 'financial',
    target,
    parameters: order,
    digest: `sha256:${createHash('sha256').update(text).digest('hex')}`,
    reasons: [{ check: 'amount_limit', reason: 'over_200' }],
    from: 'group:finance',
    actionId: story.actions[0]?.action_id,
    runId: story.report.run.run_id,
  })
  expect(Object.isFrozen(request?.parameters)).toBe(true)
  expect(story.envelope('approval_granted')).toMatchObject({
    actor: { type: 'human', id: 'usr-19' },
    approval: { request_id: request?.requestId, mode: 'single', decision: 'approved', surface: 'terminal' },
    assurance: 'claimed',
  })
  expect(story.payload('approval_requested')).toMatchObject({
    parameters: order,
    from: 'group:finance',
    expires_at: request?.expiresAt.toISOString(),
  })
  expect(story.report.run).toMatchObject({ outcome: 'done', flags: [] })
})

test('what a person changes is validated, checked again, recorded as a patch, and runs', async () => {
  approver = ({ parameters }) => ({
    decision: 'approved',
    by: 'usr-19',
    parameters: { ...(parameters as object), amountMinor: 21_000 },
  })
  const seen: number[] = []
  const counting = (p: RefundCall): boolean => seen.push(p.amountMinor) > 0
  const { result, story } = await lab.run(() => refundWith({ counting, amount_limit: limit })(order))
  expect(result).toEqual({ id: 're_1', amountMinor: 21_000 })
  expect(shop.calls.map(({ parameters }) => parameters)).toEqual([{ order: 'W1001', amountMinor: 21_000 }])
  expect(seen).toEqual([24_000, 21_000])
  expect(story.events.slice(3, -4)).toEqual([
    'counting: allow allowed',
    'amount_limit: require_approval held',
    'approval_requested',
    'approval_granted',
    'decision_overridden',
    'schema: allow allowed',
    'counting: allow allowed',
    // It still asks; that person's yes is the answer.
    'amount_limit: require_approval allowed',
  ])
  expect(story.payload('decision_overridden')).toEqual({
    patch: [{ op: 'replace', path: '/amountMinor', value: 21_000 }],
    parameters: { order: 'W1001', amountMinor: 21_000 },
  })
  expect(story.payload('tool_called')).toEqual({ parameters: { order: 'W1001', amountMinor: 21_000 } })
  expect(story.report.run).toMatchObject({ outcome: 'done', flags: ['edited'] })
  expect(story.actions[0]).toMatchObject({ edited: true, approver: 'usr-19', outcome: 'done' })
})

test('the same parameters again are no edit', async () => {
  approver = () => ({ decision: 'approved', by: 'usr-19', parameters: { amountMinor: 24_000, order: 'W1001' } })
  const { story } = await lab.run(() => refundWith({ amount_limit: limit })(order))
  expect(story.events).not.toContain('decision_overridden')
  expect(shop.calls).toHaveLength(1)
  expect(story.report.run.flags).toEqual([])
})

test('an edit that does not fit the schema does not run', async () => {
  approver = () => ({ decision: 'approved', by: 'usr-19', parameters: { order: 'W1001', amountMinor: 0 } })
  const { error, story } = await lab.run(() => refundWith({ amount_limit: limit })(order))
  expectRefusal(
    error,
    'parameters_invalid',
    'refund.create did not run: as the approver changed it, its parameters do not fit: /amountMinor Too small: expected number to be >0. Nothing was sent.',
    'schema',
  )
  expect(shop.calls).toEqual([])
  expect(story.events.slice(-4)).toEqual([
    'approval_granted',
    'schema: deny blocked',
    'side_effect_blocked: parameters_invalid',
    'run_failed',
  ])
  expect(story.report.run.outcome).toBe('blocked')
})

test('an edit that a check forbids does not run', async () => {
  approver = () => ({ decision: 'approved', by: 'usr-19', parameters: { order: 'W2', amountMinor: 1 } })
  const { error, story } = await lab.run(() => refundWith({ own, amount_limit: limit })(order))
  expectRefusal(
    error,
    'check_failed',
    'refund.create did not run: own said no (not_his_order). Nothing was sent.',
    'own',
  )
  expect(shop.calls).toEqual([])
  expect(story.report.run.outcome).toBe('blocked')
})

test('an edit for which another person would have to be asked does not run', async () => {
  approver = () => ({ decision: 'approved', by: 'usr-19', parameters: { order: 'W1001', amountMinor: 900_000 } })
  const { error, story } = await lab.run(() => refundWith({ amount_limit: limit, board_limit: board })(order))
  expectRefusal(
    error,
    'approval_missing',
    'refund.create did not run: board_limit asked group:board, and nobody has said yes to this. Nothing was sent.',
    'board_limit',
  )
  expect(shop.calls).toEqual([])
  expect(story.events.slice(-4)).toEqual([
    'amount_limit: require_approval allowed',
    'board_limit: require_approval held',
    'side_effect_blocked: approval_missing',
    'run_failed',
  ])
})

test('a verdict that was told of other parameters is missing after an edit', async () => {
  approver = () => ({ decision: 'approved', by: 'usr-19', parameters: { order: 'W1001', amountMinor: 22_000 } })
  const { error } = await lab.run(() => refundWith({ amount_limit: limit })(order, { checks: { fraud_score: true } }))
  expect(error).toMatchObject({ code: 'check_missing', rule: 'fraud_score' })
  expect(shop.calls).toEqual([])
})

test('a rule that approves by itself is not shown as a person', async () => {
  approver = () => ({ decision: 'approved', by: 'auto-approve', auto: true })
  const { story } = await lab.run(() => refundWith({ amount_limit: limit })(order))
  expect(shop.calls).toHaveLength(1)
  expect(story.envelope('approval_granted')).toMatchObject({
    actor: { type: 'system', id: 'auto-approve' },
    approval: { mode: 'auto' },
  })
  expect(story.answers['approval']).toBe('a rule approved refund.create.')
})

test('several checks ask the same people: one request with all reasons and the shortest time', async () => {
  await lab.run(() => refundWith({ amount_limit: limit, new_customer: also, odd_hour: anybody })(order))
  expect(requests).toHaveLength(1)
  expect(requests[0]).toMatchObject({
    reasons: [
      { check: 'amount_limit', reason: 'over_200' },
      { check: 'new_customer', reason: 'new_customer' },
      { check: 'odd_hour', reason: 'odd_hour' },
    ],
    from: 'group:finance',
  })
  expect(Number(requests[0]?.expiresAt) - Date.now()).toBeLessThanOrEqual(600_000)
  expect(shop.calls).toHaveLength(1)
})

test('several checks ask different people: each is asked, and one no is enough', async () => {
  const both = refundWith({ amount_limit: limit, new_customer: soon })
  await lab.run(() => both(order))
  expect(requests.map(({ from }) => from)).toEqual(['group:finance', 'group:support'])
  expect(shop.calls).toHaveLength(1)
  requests.length = 0
  approver = ({ from }) => ({ decision: from === 'group:finance' ? 'approved' : 'rejected', by: 'usr-19' })
  const { error } = await lab.run(() => both(order))
  expect(requests).toHaveLength(2)
  expect(error).toMatchObject({ code: 'approval_rejected', rule: 'new_customer' })
  expect(shop.calls).toHaveLength(1)
})

test('what the second changes is not what the first said yes to', async () => {
  const parameters = { ...order, amountMinor: 23_000 }
  approver = ({ from }) => ({ decision: 'approved', by: 'usr-19', ...(from === 'group:support' && { parameters }) })
  const { error } = await lab.run(() => refundWith({ amount_limit: limit, new_customer: soon })(order))
  expect(error).toMatchObject({ code: 'approval_mismatch' })
  expect(shop.calls).toHaveLength(0)
})

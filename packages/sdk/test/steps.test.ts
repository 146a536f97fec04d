import { beforeEach, expect, test } from 'vitest'
import { deny, needsApproval, ref, type ApproverAnswer, type Run } from '../src/index.ts'
import { useRecorder } from './_recorder.ts'
import { expectRefusal, order, refundPlan, Shop } from './_shop.ts'

let answer: ApproverAnswer
const lab = useRecorder({ approver: () => answer })
const { recorder } = lab
let shop: Shop

beforeEach(() => {
  shop = new Shop()
  answer = { decision: 'approved', by: 'usr-19' }
})

const refund = recorder.action('refund.create', {
  ...refundPlan,
  checks: { amount_limit: (p) => p.amountMinor <= 20_000 || needsApproval('over_200'), known: () => true },
  run: (p, c) => shop.refund(p, c),
})

const plain = (run: Run) =>
  run.propose({
    type: 'refund.create',
    effect: 'financial',
    parameters: { order: 'W1001', amountMinor: 5 },
    target: ref('order', 'W1001', 7),
    reason: 'item_damaged',
  })

test('step by step, with a declaration', async () => {
  const { result, story } = await lab.run(async (run) => {
    const action = await run.propose(refund, order, { reason: 'item_damaged' })
    expect(await action.check('amount_limit')).toEqual({
      name: 'amount_limit',
      verdict: 'require_approval',
      enforced: 'held',
      reason: 'over_200',
    })
    await action.check('known')
    await action.check('weather', true)
    expect(await action.approval()).toEqual({ decision: 'approved', edited: false, parameters: order })
    return action.execute()
  })
  expect(result).toEqual({ id: 're_1', amountMinor: 24_000 })
  expect(story.report.run).toMatchObject({ outcome: 'done', flags: [] })
})

test('step by step, without a declaration', async () => {
  const { result, story } = await lab.run(async (run) => {
    const action = await plain(run)
    await action.check('amount_limit', (p) => p.amountMinor < 10)
    return action.execute((p, { idempotencyKey }) => ({ id: idempotencyKey, ...p }), {
      receipt: (r) => ({ ref: r.id, actual: { amountMinor: r.amountMinor } }),
    })
  })
  expect(result).toMatchObject({ order: 'W1001', amountMinor: 5 })
  expect(story.events.slice(2)).toEqual([
    'amount_limit: allow allowed',
    'tool_called',
    'tool_completed: success',
    'side_effect_applied',
    'run_completed',
  ])
  expect(story.actions[0]).toMatchObject({ outcome: 'done', target: { id: 'W1001' } })
  expect(story.answers['approval']).toBe('No approval was required: amount_limit allowed it.')
})

test('checks of the declaration are required: execute alone refuses', async () => {
  const { error, story } = await lab.run(async (run) => {
    const action = await run.propose(refund, { order: 'W1', amountMinor: 5 })
    await action.check('amount_limit')
    return action.execute()
  })
  expectRefusal(
    error,
    'check_missing',
    'refund.create did not run: the check known is required and did not run. Nothing was sent.',
    'known',
  )
  expect(shop.calls).toEqual([])
  expect(story.report.run.outcome).toBe('blocked')
})

test('an approval that a check asks for and nobody gave', async () => {
  const { error } = await lab.run(async (run) => {
    const action = await run.propose(refund, order)
    await action.check('amount_limit')
    await action.check('known')
    return action.execute()
  })
  expectRefusal(
    error,
    'approval_missing',
    'refund.create did not run: amount_limit asked for a person, and nobody has said yes to this. Nothing was sent.',
    'amount_limit',
  )
  expect(shop.calls).toEqual([])
})

test('an approval for other parameters', async () => {
  const { error, story } = await lab.run(async (run) => {
    const action = await run.propose(refund, order)
    await action.check('amount_limit')
    await action.check('known')
    await action.approval()
    return action.execute({ parameters: { order: 'W1001', amountMinor: 99_000 } })
  })
  expectRefusal(
    error,
    'approval_mismatch',
    'refund.create did not run: what was approved is not what was to run. Nothing was sent.',
  )
  expect(shop.calls).toEqual([])
  expect(story.report.run.outcome).toBe('blocked')
})

test('the same parameters, in another order of members, are what was approved', async () => {
  const { error } = await lab.run(async (run) => {
    const action = await run.propose(refund, order)
    await action.check('amount_limit')
    await action.check('known')
    await action.approval()
    return action.execute({ parameters: { amountMinor: 24_000, order: 'W1001' } })
  })
  expect(error).toBeUndefined()
  expect(shop.calls).toHaveLength(1)
})

test('an approval whose time is over when the action is to run', async () => {
  const { error } = await lab.run(async (run) => {
    const action = await plain(run)
    await action.approval({ within: '30ms', from: 'group:finance' })
    await new Promise((resolve) => setTimeout(resolve, 50))
    return action.execute(() => shop.refund(order, {} as never))
  })
  expectRefusal(
    error,
    'approval_expired',
    'refund.create did not run: its approval was for a time that is over. Nothing was sent.',
  )
  expect(shop.calls).toEqual([])
})

test('a no stands: execute gives its reason', async () => {
  answer = { decision: 'rejected', by: 'usr-19', reason: 'no' }
  const { error } = await lab.run(async (run) => {
    const action = await plain(run)
    expect(await action.approval()).toEqual({ decision: 'rejected' })
    return action.execute(() => shop.refund(order, {} as never))
  })
  expect(error).toMatchObject({ code: 'approval_rejected', rule: 'approval' })
  expect(shop.calls).toEqual([])
})

test('a denial stands: no later verdict takes it back', async () => {
  const { error, story } = await lab.run(async (run) => {
    const action = await plain(run)
    await action.check('known', deny('stranger'))
    await expect(action.check('known', true)).rejects.toMatchObject({ code: 'wrong_order' })
    return action.execute(() => shop.refund(order, {} as never))
  })
  expect(error).toMatchObject({ code: 'check_failed', rule: 'known' })
  expect(shop.calls).toEqual([])
  expect(story.report.run.outcome).toBe('blocked')
})

test('steps that are not awaited come in their order all the same', async () => {
  const { error, story } = await lab.run(async (run) => {
    const action = await plain(run)
    void action.check('slow', () => new Promise((resolve) => setTimeout(() => resolve(false), 10)))
    return action.execute(() => shop.refund(order, {} as never))
  })
  expect(error).toMatchObject({ code: 'check_failed', rule: 'slow' })
  expect(shop.calls).toEqual([])
  expect(story.events.slice(2, 4)).toEqual(['slow: deny blocked', 'side_effect_blocked: check_failed'])
})

test('a wrong order has a name', async () => {
  const { story } = await lab.run(async (run) => {
    const approved = await plain(run)
    await approved.approval()
    await expect(approved.approval()).rejects.toMatchObject({ code: 'wrong_order' })
    await approved.execute(() => shop.refund(order, {} as never))
    const again = approved.execute(() => shop.refund(order, {} as never))
    await expect(again).rejects.toMatchObject({ code: 'action_ended' })
    await expect(approved.block('too_late')).rejects.toMatchObject({ code: 'action_ended' })
    await expect(approved.check('late', true)).rejects.toMatchObject({ code: 'action_ended' })
    await expect(approved.check('schema', true)).rejects.toMatchObject({ code: 'action_ended' })
    const late = await plain(run)
    await late.approval()
    await expect(late.check('late', true)).rejects.toMatchObject({ code: 'wrong_order' })
    const blocked = await plain(run)
    await expect(blocked.check('schema', true)).rejects.toMatchObject({ code: 'action_invalid' })
    await blocked.block('operator_says_no')
    await expect(blocked.execute(() => shop.refund(order, {} as never))).rejects.toMatchObject({ code: 'action_ended' })
    const unfit = await run.propose(refund, { order: '', amountMinor: 1 })
    await expect(unfit.check('known')).rejects.toMatchObject({ code: 'parameters_invalid' })
    await expect(unfit.execute()).rejects.toMatchObject({ name: 'ActionNotRun', code: 'parameters_invalid' })
  })
  expect(shop.calls).toHaveLength(1)
  expect(story.actions.map(({ outcome }) => outcome)).toEqual(['unconfirmed', 'running', 'blocked', 'blocked'])
  expect(story.events).toContain('side_effect_blocked: operator_says_no')
})

test('a person changes the course of a run', async () => {
  const { story } = await lab.run((run) => {
    run.override({ by: 'usr-19', reason: 'use_store_credit' })
    run.retrieval({ tool: 'search', sources: [ref('page', 'https://shop.example/terms')], content: { hits: 2 } })
  })
  expect(story.envelope('decision_overridden')).toMatchObject({
    actor: { type: 'human', id: 'usr-19' },
    reason_code: 'use_store_credit',
  })
  expect(story.answers).toMatchObject({ context: '1 read with search: page https://shop.example/terms.' })
  expect(story.answers['approval']).toBe('usr-19 overrode the run.')
})

import { beforeEach, expect, test } from 'vitest'
import { deny, needsApproval, warn, type Approver, type ApproverAnswer } from '../src/index.ts'
import { useRecorder } from './_recorder.ts'
import { expectRefusal, order, refundPlan, Shop } from './_shop.ts'

let approver: Approver
const lab = useRecorder({ approver: (request, context) => approver(request, context), approvalWithin: '1h' })
const { recorder } = lab
let shop: Shop

beforeEach(() => {
  shop = new Shop()
  approver = () => ({ decision: 'approved', by: 'usr-19' })
})

/** A refund with these checks. */
const refundWith = <C extends string>(checks: Record<C, () => never | ReturnType<typeof deny> | boolean | object>) =>
  recorder.action('refund.create', { ...refundPlan, checks: checks as never, run: (p, c) => shop.refund(p, c) })

test('parameters that do not fit: nothing is asked, nothing runs', async () => {
  const refund = recorder.action('refund.create', { ...refundPlan, run: (p, c) => shop.refund(p, c) })
  const { error, story } = await lab.run(() => refund({ order: 'W1001', amountMinor: -1 }))
  expectRefusal(
    error,
    'parameters_invalid',
    'refund.create did not run: its parameters do not fit: /amountMinor Too small: expected number to be >0. Nothing was sent.',
    'schema',
  )
  expect(shop.calls).toEqual([])
  expect(story.events).toEqual([
    'run_created',
    'decision_proposed',
    'schema: deny blocked',
    'side_effect_blocked: parameters_invalid',
    'run_failed',
  ])
  expect(story.report.run).toMatchObject({ status: 'failed', outcome: 'blocked' })
  expect(story.envelope('run_failed')).toMatchObject({ failed_at: 'validation', result: 'denied' })
  expect(story.payload('decision_proposed')).toEqual({ parameters: { order: 'W1001', amountMinor: -1 } })
  expect(story.answers).toMatchObject({
    proposal: '1 action: refund.create.',
    checks: '1 check: schema → deny.',
    effect: 'blocked: refund.create.',
  })
})

test('what an approver could not see does not run', async () => {
  const send = recorder.wrap(
    (p: { amounts: unknown }) => shop.calls.push({ parameters: p as never, context: {} as never }),
    {
      action: 'batch.send',
      effect: 'write',
    },
  )
  for (const [amounts, words] of [
    [new Map([['W1', 5]]), '/amounts JSON cannot hold an instance of Map.'],
    [Number.NaN, '/amounts JSON cannot hold the number NaN.'],
    [10n, '/amounts JSON cannot hold a value of type bigint.'],
    [() => 1, '() => 1 could not be cloned.'],
  ] as const) {
    const { error } = await lab.run(() => send({ amounts }))
    expectRefusal(
      error,
      'parameters_invalid',
      `batch.send did not run: its parameters do not fit: ${words.replace(/\.$/, '')}. Nothing was sent.`,
      'schema',
    )
  }
  expect(shop.calls).toEqual([])
})

test('a check says no', async () => {
  const asked: string[] = []
  const refund = recorder.action('refund.create', {
    ...refundPlan,
    checks: {
      known_order: () => true,
      not_refunded_yet: () => deny('already_refunded'),
      never_asked: () => {
        asked.push('never_asked')
        return true
      },
    },
    run: (p, c) => shop.refund(p, c),
  })
  const { error, story } = await lab.run(() => refund(order))
  expectRefusal(
    error,
    'check_failed',
    'refund.create did not run: not_refunded_yet said no (already_refunded). Nothing was sent.',
    'not_refunded_yet',
  )
  expect([shop.calls, asked]).toEqual([[], []])
  expect(story.events).toEqual([
    'run_created',
    'decision_proposed',
    'schema: allow allowed',
    'known_order: allow allowed',
    'not_refunded_yet: deny blocked',
    'side_effect_blocked: check_failed',
    'run_failed',
  ])
  expect(story.payload('validation_failed')).toEqual({ reason: 'already_refunded' })
  expect(story.report.run.outcome).toBe('blocked')
  expect(story.answers['effect']).toBe('blocked: refund.create on order W1001.')
})

test('a check that throws, or says nothing, says no', async () => {
  for (const [check, why] of [
    [() => Promise.reject(new Error('no connection')), 'it failed: no connection'],
    [() => undefined, 'no_verdict'],
    [() => 'yes', 'no_verdict'],
    [() => ({ verdict: 'allow' }), 'no_verdict'],
  ] as const) {
    const { error, story } = await lab.run(() => refundWith({ amount_limit: check as never })(order))
    expectRefusal(
      error,
      'check_failed',
      `refund.create did not run: amount_limit said no (${why}). Nothing was sent.`,
      'amount_limit',
    )
    expect(story.events).toContain('amount_limit: deny blocked')
    expect(story.report.run.outcome).toBe('blocked')
  }
  expect(shop.calls).toEqual([])
})

test('a check cannot change what it looks at', async () => {
  const refund = recorder.action('refund.create', {
    ...refundPlan,
    checks: {
      amount_limit: (p) => {
        ;(p as { amountMinor: number }).amountMinor = 1
        return true
      },
    },
    run: (p, c) => shop.refund(p, c),
  })
  const { error } = await lab.run(() => refund(order))
  expect(error).toMatchObject({ code: 'check_failed', rule: 'amount_limit' })
  expect(shop.calls).toEqual([])
})

test('a check that is required and did not run', async () => {
  const refund = recorder.action('refund.create', {
    ...refundPlan,
    requires: ['fraud_score'],
    run: (p, c) => shop.refund(p, c),
  })
  const { error, story } = await lab.run(() => refund(order))
  expectRefusal(
    error,
    'check_missing',
    'refund.create did not run: the check fraud_score is required and did not run. Nothing was sent.',
    'fraud_score',
  )
  expect(shop.calls).toEqual([])
  expect(story.events).toContain('side_effect_blocked: check_missing')
  expect(story.report.run.outcome).toBe('blocked')

  const told = await lab.run(() => refund(order, { checks: { fraud_score: warn('new_customer') } }))
  expect(told.error).toBeUndefined()
  expect(shop.calls).toHaveLength(1)
  expect(told.story.events).toContain('fraud_score: warn allowed')
  expect(told.story.report.run.outcome).toBe('done')
})

const quick = (): object => needsApproval('over_200', { from: 'group:finance', within: '50ms' })
const asks = (): ReturnType<typeof needsApproval> => needsApproval('over_200', { from: 'group:finance', within: '1h' })

test('a person says no', async () => {
  approver = () => ({ decision: 'rejected', by: 'usr-19', reason: 'not_our_fault' })
  const { error, story } = await lab.run(() => refundWith({ amount_limit: asks })(order))
  expectRefusal(
    error,
    'approval_rejected',
    'refund.create did not run: amount_limit asked group:finance, and usr-19 said no (not_our_fault). Nothing was sent.',
    'amount_limit',
  )
  expect(shop.calls).toEqual([])
  expect(story.events.slice(3)).toEqual([
    'amount_limit: require_approval held',
    'approval_requested',
    'approval_rejected',
    'side_effect_blocked: approval_rejected',
    'run_failed',
  ])
  expect(story.report.run).toMatchObject({ outcome: 'rejected' })
  expect(story.envelope('run_failed')).toMatchObject({ failed_at: 'approval' })
  expect(story.answers).toMatchObject({
    approval: 'usr-19 rejected refund.create.',
    effect: 'rejected: refund.create on order W1001.',
  })
})

test('nobody decides in time', async () => {
  let waited: AbortSignal | undefined
  approver = (_, { signal }) => {
    waited = signal
    return new Promise<ApproverAnswer>(() => undefined)
  }
  // The recorder's own timers never keep a process alive: something else must.
  const alive = setTimeout(() => undefined, 60_000)
  const { error, story } = await lab.run(() => refundWith({ amount_limit: quick })(order))
  clearTimeout(alive)
  expectRefusal(
    error,
    'approval_expired',
    'refund.create did not run: amount_limit asked group:finance, nobody decided within 50 ms. Nothing was sent.',
    'amount_limit',
  )
  expect(waited?.aborted).toBe(true)
  expect(shop.calls).toEqual([])
  expect(story.events.slice(4)).toEqual([
    'approval_requested',
    'approval_expired',
    'side_effect_blocked: approval_expired',
    'run_failed',
  ])
  expect(story.report.run.outcome).toBe('rejected')
})

test('an approver that fails, or answers nothing that is an answer, is no yes', async () => {
  for (const answer of [
    () => Promise.reject(new Error('chat is down')),
    () => undefined,
    () => true,
    () => ({ decision: 'approved' }),
    () => ({ decision: 'yes', by: 'usr-19' }),
    () => ({ decision: 'approved', by: 'policy', auto: true, parameters: { ...order, amountMinor: 1 } }),
  ]) {
    approver = answer as unknown as Approver
    const { error, story } = await lab.run(() => refundWith({ amount_limit: asks })(order))
    expectRefusal(
      error,
      'approval_unavailable',
      'refund.create did not run: amount_limit asked group:finance, and asking failed. Nothing was sent.',
      'amount_limit',
    )
    expect(story.events.slice(4)).toEqual([
      'approval_requested',
      'approval_cancelled',
      'side_effect_blocked: approval_unavailable',
      'run_failed',
    ])
    expect(story.report.run.outcome).toBe('rejected')
  }
  expect(shop.calls).toEqual([])
})

test('after the end of its run nothing runs, and the attempt is on record', async () => {
  const refund = recorder.action('refund.create', { ...refundPlan, run: (p, c) => shop.refund(p, c) })
  const run = recorder.startRun({ workflow: 'refunds', trigger: 'user' })
  await run.complete()
  const error: unknown = await refund(order, { run }).catch((thrown: unknown) => thrown)
  expectRefusal(error, 'run_ended', 'refund.create did not run: its run has ended. Nothing was sent.')
  expect(shop.calls).toEqual([])
  const story = await lab.story(run.id)
  expect(story.events.slice(-2)).toEqual(['schema: allow allowed', 'side_effect_blocked: run_ended'])
  expect(story.report.run).toMatchObject({ status: 'completed', outcome: 'blocked', flags: ['late_events'] })
})

test('what waits for a person when its run fails does not run', async () => {
  let asked: (() => void) | undefined
  const isAsked = new Promise<void>((resolve) => {
    asked = resolve
  })
  approver = () => {
    asked?.()
    return new Promise<ApproverAnswer>(() => undefined)
  }
  let refused: Promise<unknown> | undefined
  const { error, story } = await lab.run(async () => {
    refused = refundWith({ amount_limit: asks })(order).catch((thrown: unknown) => thrown)
    await isAsked
    throw new Error('something else went wrong')
  })
  expect(error).toMatchObject({ message: 'something else went wrong' })
  expectRefusal(await refused, 'run_ended', 'refund.create did not run: its run has ended. Nothing was sent.')
  expect(shop.calls).toEqual([])
  expect(story.events.slice(-3)).toEqual(['approval_cancelled', 'side_effect_blocked: run_ended', 'run_failed'])
})

test('what its caller has taken back does not run', async () => {
  const refund = recorder.action('refund.create', { ...refundPlan, run: (p, c) => shop.refund(p, c) })
  const caller = new AbortController()
  caller.abort()
  const { error } = await lab.run(() => refund(order, { signal: caller.signal }))
  expectRefusal(error, 'action_cancelled', 'refund.create did not run: its caller took it back. Nothing was sent.')
  const late = new AbortController()
  approver = () => {
    late.abort()
    return new Promise<ApproverAnswer>(() => undefined)
  }
  const waiting = await lab.run(() => refundWith({ amount_limit: asks })(order, { signal: late.signal }))
  expectRefusal(
    waiting.error,
    'action_cancelled',
    'refund.create did not run: its caller took it back. Nothing was sent.',
  )
  expect(waiting.story.events).toContain('approval_cancelled')
  expect(shop.calls).toEqual([])
})

test('outside of a run nothing runs', async () => {
  const refund = recorder.action('refund.create', { ...refundPlan, run: (p, c) => shop.refund(p, c) })
  await expect(refund(order)).rejects.toMatchObject({
    name: 'RecorderError',
    code: 'no_run',
    message:
      'refund.create did not run: it was called outside of a run. Call it inside recorder.run(…), or pass { run }. Nothing was sent.',
  })
  expect(shop.calls).toEqual([])
})

test('a declaration that does not fit the parameters', async () => {
  const refund = recorder.action('refund.create', {
    ...refundPlan,
    target: () => ({ type: 'order', id: '' }),
    run: (p, c) => shop.refund(p, c),
  })
  const { error, story } = await lab.run(() => refund(order))
  expectRefusal(
    error,
    'action_invalid',
    'refund.create did not run: the declaration of refund.create does not fit these parameters (the target names nothing). Nothing was sent.',
  )
  expect(shop.calls).toEqual([])
  expect(story.events.at(-2)).toBe('side_effect_blocked: action_invalid')
})

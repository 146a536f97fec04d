import { beforeEach, expect, test, vi } from 'vitest'
import type { AnyEventDraft } from '../src/index.ts'
import { pause, useRecorder } from './_recorder.ts'
import { expectRefusal, order, refundPlan, Shop } from './_shop.ts'

const lab = useRecorder()
const { recorder } = lab
let shop: Shop

beforeEach(() => {
  shop = new Shop()
})

const refund = recorder.action('refund.create', { ...refundPlan, run: (p, c) => shop.refund(p, c) })
const broken = recorder.action('refund.create', { ...refundPlan, run: () => Promise.reject(new Error('declined')) })
/** An event that the log refuses, past the compiler. */
const refused = {
  event_type: 'validation_passed',
  check: { name: 'Not A Code', verdict: 'allow', enforced: 'allowed' },
} as AnyEventDraft

test('what the function throws is what the caller gets, and where it failed is on record', async () => {
  const cause = new Error('no idea')
  const { error, story } = await lab.run(() => {
    throw cause
  })
  expect(error).toBe(cause)
  expect(story.envelope('run_failed')).toMatchObject({ failed_at: 'decision', result: 'failure', reason_code: 'error' })
  expect(story.payload('run_failed')).toEqual({ error: { name: 'Error', message: 'no idea' } })
  const wrapped = await lab.run(() =>
    broken(order).catch((thrown: unknown) => {
      throw new Error('the tool failed', { cause: thrown })
    }),
  )
  expect(wrapped.story.envelope('run_failed')).toMatchObject({ failed_at: 'execution' })
})

test('a run whose function lives with a refusal completes', async () => {
  const { error, story } = await lab.run(async () => {
    await broken(order).catch(() => undefined)
    return 'answered without it'
  })
  expect(error).toBeUndefined()
  expect(story.report.run).toMatchObject({ status: 'completed', outcome: 'failed' })
})

test('an action that nobody awaits belongs to its run all the same: the end waits for it', async () => {
  const slow = recorder.wrap<{ a: number }, void>(
    async () => {
      await pause(20)
      shop.calls.push({ parameters: order, context: {} as never })
    },
    { action: 'slow.write', effect: 'write' },
  )
  const { error, story } = await lab.run(() => void slow({ a: 1 }))
  expect(error).toBeUndefined()
  expect(shop.calls).toHaveLength(1)
  expect(story.events.slice(-2)).toEqual(['tool_completed: success', 'run_completed'])
  expect(story.report.run.flags).toEqual([])
})

test('the failure of an action that nobody awaits fails the run', async () => {
  const { error, story } = await lab.run(async () => {
    void refund({ order: 'W1001', amountMinor: -1 })
    await pause(30)
    return 'all done, it says'
  })
  expect(error).toMatchObject({ name: 'ActionNotRun', code: 'parameters_invalid' })
  expect(story.report.run).toMatchObject({ status: 'failed' })
  expect(story.envelope('run_failed')).toMatchObject({ failed_at: 'validation' })
})

test('a failure that somebody asks about late is theirs', async () => {
  const { error, story } = await lab.run(async () => {
    const attempt = broken(order)
    await pause(30)
    await attempt.catch(() => undefined)
  })
  expect(error).toBeUndefined()
  expect(story.report.run.status).toBe('completed')
})

test('an event that the log refuses, and that nobody awaits, fails the next effect and the end of the run', async () => {
  let first: unknown
  const { error, story } = await lab.run(async (run) => {
    const recorded = run.record(refused)
    await expect(recorded.confirmed()).rejects.toMatchObject({ code: 'event_refused' })
    await pause(5)
    first = await refund(order).catch((thrown: unknown) => thrown)
  })
  expect(first).toMatchObject({ name: 'ActionNotRun', code: 'event_refused' })
  expect((first as Error).message).toMatch(
    /^refund\.create did not run: an earlier event of its run is not in the log \(.*field_invalid/,
  )
  expect(shop.calls).toEqual([])
  expect(error).toMatchObject({ name: 'RecorderError', code: 'event_refused' })
  expect(story.events.slice(-2)).toEqual(['side_effect_blocked: event_refused', 'run_completed'])
  expect(lab.problems.splice(0)).toMatchObject([{ code: 'event_refused', runId: story.report.run.run_id }])
})

test('ends by hand', async () => {
  const failed = recorder.startRun({ workflow: 'w', trigger: 'user' })
  await failed.fail(new Error('x'), { at: 'retrieval', reason: 'index_down' })
  expect((await lab.story(failed.id)).envelope('run_failed')).toMatchObject({
    failed_at: 'retrieval',
    reason_code: 'index_down',
  })
  const cancelled = recorder.startRun({ workflow: 'w', trigger: 'user' })
  await cancelled.cancel({ by: 'usr 1', reason: 'changed_mind' })
  expect(cancelled.signal.aborted).toBe(true)
  const story = await lab.story(cancelled.id)
  expect(story.envelope('run_cancelled')).toMatchObject({
    actor: { type: 'human', id: 'usr%201' },
    reason_code: 'changed_mind',
  })
  await expect(cancelled.complete()).rejects.toMatchObject({ code: 'run_ended' })
  await expect(failed.fail(new Error('y'))).rejects.toMatchObject({ code: 'run_ended' })
  expect(() => failed.input({})).toThrow(expect.objectContaining({ code: 'run_ended' }) as Error)
  await expect(failed.propose(refund, order)).rejects.toMatchObject({ code: 'run_ended' })
})

test('a run does not end inside of one of its actions', async () => {
  const { error, story } = await lab.run((run) =>
    recorder.wrap<{ a: number }, void>(() => run.complete(), { action: 'run.end', effect: 'write' })({ a: 1 }),
  )
  expect(error).toMatchObject({ code: 'wrong_order' })
  expect(story.report.run.status).toBe('failed')
})

test('a run that its own function ends is ended once', async () => {
  const { error, story } = await lab.run(async (run) => {
    await run.complete()
  })
  expect(error).toBeUndefined()
  expect(story.events).toEqual(['run_created', 'run_completed'])
})

test('a run that nobody awaits: the error of its function stays loud, ours are told', async () => {
  void recorder.run({ workflow: '', trigger: 'user' }, () => undefined)
  await pause(20)
  expect(lab.problems.splice(0)).toMatchObject([{ code: 'options_invalid' }])
  expect(lab.unhandled).toEqual([])
  const own = new Error('their own')
  void recorder.run({ workflow: 'w', trigger: 'user' }, () => Promise.reject(own))
  await vi.waitFor(() => {
    expect(lab.unhandled).toEqual([own])
  }, 10_000)
  lab.unhandled.splice(0)
})

test('the low level: events of the contract, in the run around it or in a run of one’s own', async () => {
  const { story } = await lab.run(async () => {
    await recorder.record({ event_type: 'input_resolved', prompt_ref: 'p@1', payload: { text: 'hi' } })
  })
  expect(story.events).toEqual(['run_created', 'input_resolved', 'run_completed'])
  expect(() => recorder.record({ event_type: 'input_resolved' })).toThrow(
    expect.objectContaining({ code: 'no_run' }) as Error,
  )
  recorder.record({
    event_type: 'run_created',
    run_id: 'own-1',
    run_seq: 0,
    workflow: { name: 'w' },
    trigger: { type: 'api' },
  })
  await recorder.record({ event_type: 'run_completed', run_id: 'own-1', run_seq: 1 }).confirmed()
  expect((await lab.story('own-1')).report.run.status).toBe('completed')
})

test('where the log cannot be reached nothing runs, and the log hears of it later', async () => {
  const { openLedger } = await import('@counterfoil/ledger')
  const { createRecorder } = await import('../src/index.ts')
  const data = `${lab.data}-2`
  // Somebody else holds the directory: the log is there, and out of reach.
  const holder = await openLedger({ data, state: `${data}-state` })
  const problems: unknown[] = []
  const other = createRecorder({ data, confirmWithin: '200ms', onProblem: (problem) => problems.push(problem) })
  const pay = other.action('refund.create', { ...refundPlan, run: (p, c) => shop.refund(p, c) })
  let runId = ''
  const error: unknown = await other
    .run({ workflow: 'w', trigger: 'user' }, (run) => {
      runId = run.id
      setTimeout(() => void holder[Symbol.asyncDispose](), 400)
      return pay(order)
    })
    .catch((thrown: unknown) => thrown)
  expectRefusal(
    error,
    'log_unreachable',
    'refund.create did not run: the log did not acknowledge it within 200 ms, and without a receipt nothing runs. Nothing was sent.',
  )
  expect(shop.calls).toEqual([])
  await other.flush(60_000)
  await other.close()
  const ledger = await openLedger({ data, mode: 'read' })
  const report = await (await ledger.log('main')).run(runId)
  await ledger[Symbol.asyncDispose]()
  expect(report.timeline.slice(-3).map(({ event_type: type }) => type)).toEqual([
    'tool_called',
    'side_effect_blocked',
    'run_failed',
  ])
  expect(report.run).toMatchObject({ status: 'failed', outcome: 'blocked' })
})

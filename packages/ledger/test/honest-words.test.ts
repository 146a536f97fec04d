import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import type { Principal } from '@counterfoil/ledger'
import { newAction, runCreated, runEvent, type TestAction } from './_events.ts'
import { openTestLedger, type TestEvent, type TestLedger } from './_ledger.ts'

let open: TestLedger
let key: Principal
let runs = 0
let r = ''

beforeAll(async () => {
  open = await openTestLedger()
  key = await open.key('ingest')
})
afterAll(() => open[Symbol.asyncDispose]())
beforeEach(() => {
  runs += 1
  r = `honest-${runs}.`
})

async function told(
  events: readonly TestEvent[],
): Promise<{ sentence: string; texts: string[]; grades: string[]; outcomes: string[]; outcome: string }> {
  await open.store(events, key)
  const { sentence, answers, actions, run } = await open.log.run(r)
  return {
    sentence,
    texts: answers.map(({ text }) => text),
    grades: answers.map(({ grade }) => grade),
    outcomes: actions.map(({ outcome }) => outcome),
    outcome: run.outcome,
  }
}

const proposed = ({ action, target }: TestAction): TestEvent => runEvent('decision_proposed', r, 1, { action, target })
const applied = ({ action, target }: TestAction, seq = 8): TestEvent =>
  runEvent('side_effect_applied', r, seq, { action, target, effect: { status: 'applied' } })

test('a trigger that nobody knows is no answer', async () => {
  const { grades, texts } = await told([runCreated(r, { trigger: { type: 'unknown' } })])
  expect(grades[0]).toBe('missing')
  expect(texts[0]).toBe('The log does not say: whoever recorded the run did not know.')
  expect((await open.log.runs({ query: `run:${r} has:trigger` })).runs).toEqual([])
  expect((await open.log.runs({ query: `run:${r} trigger:unknown` })).runs).toHaveLength(1)
})

test.each([
  ['run_failed', { failed_at: 'execution' }, 'the run failed', 'The run failed.'],
  ['run_cancelled', {}, 'the run was stopped', 'The run was stopped; its worst outcome is rejected.'],
])('after %s, silence proves nothing', async (type, fields, broken, standing) => {
  const { grades, texts, sentence } = await told([runCreated(r), runEvent(type, r, 1, fields)])
  expect(grades.slice(1)).toEqual(['missing', 'missing', 'missing', 'missing', 'missing'])
  expect(texts.slice(2)).toEqual([
    `No action is on record; ${broken}, and the log does not say whether one was proposed.`,
    `No check is on record; ${broken}.`,
    `No approval is on record; ${broken}.`,
    `No action with an effect is on record; ${broken}, and the log does not say whether there was one.`,
  ])
  expect(sentence).toBe(`refunds 4.2.1: no action is on record. ${standing}`)
})

test('a harmless call without an answer is under way, and the run is open', async () => {
  const made = newAction('ticket.classify', 'none')
  const call = runEvent('tool_called', r, 2, { action: made.action, tool: { name: 'classify' } })
  const { outcomes, outcome, sentence } = await told([runCreated(r), proposed(made), call])
  expect([outcomes, outcome]).toEqual([['running'], 'running'])
  expect(sentence).toBe('refunds 4.2.1: 1 action, none with an effect, is on record. The run goes on.')
  const ended = await told([runEvent('run_completed', r, 9)])
  expect(ended.outcome).toBe('unconfirmed')
  expect(ended.sentence).toContain('The run ended; its worst outcome is unconfirmed.')
})

test('the worst outcome so far does not hide that the run goes on', async () => {
  const made = newAction()
  const tool = { name: 'create_refund' }
  const { sentence } = await told([
    runCreated(r),
    proposed(made),
    runEvent('tool_called', r, 2, { action: made.action, tool }),
    runEvent('tool_completed', r, 3, { action: made.action, tool, result: 'failure' }),
  ])
  expect(sentence).toBe(
    `refunds 4.2.1: refund.create on order ${made.target.id} failed. The run goes on; its worst outcome so far is failed.`,
  )
})

const verdict = (word: string, enforced: string) => ({ name: 'amount', verdict: word, enforced, rule_id: 'over_200' })

const unsaid = 'No approval is on record, and no rule says that none was needed.'

test.each([
  ['require_approval', 'none', 'over_200 required one; none is on record.'],
  ['require_approval', 'allowed', 'over_200 required one; none is on record.'],
  ['deny', 'none', unsaid],
  ['deny', 'allowed', unsaid],
])('an effect against the verdict %s is a mismatch, although enforced is %s', async (word, enforced, approval) => {
  const made = newAction()
  const check = runEvent('validation_failed', r, 2, { action: made.action, check: verdict(word, enforced) })
  const { outcomes, texts, sentence } = await told([runCreated(r), proposed(made), check, applied(made)])
  expect(outcomes).toEqual(['mismatch'])
  expect(sentence).toContain('is a mismatch')
  expect(texts[4]).toBe(approval)
})

test('a yes, a later allowance and a warning are no mismatch', async () => {
  const [approved, reconsidered, warned] = [newAction(), newAction(), newAction()]
  const check = (seq: number, type: string, { action }: TestAction, of: object): TestEvent =>
    runEvent(type, r, seq, { action, check: of })
  const { outcomes } = await told([
    runCreated(r),
    ...[approved, reconsidered, warned].map(proposed),
    check(2, 'validation_failed', approved, verdict('require_approval', 'none')),
    runEvent('approval_granted', r, 3, { action: approved.action, approval: { request_id: 'q', mode: 'single' } }),
    check(2, 'validation_failed', reconsidered, verdict('deny', 'none')),
    check(3, 'validation_passed', reconsidered, verdict('allow', 'allowed')),
    check(2, 'validation_passed', warned, verdict('warn', 'none')),
    ...[approved, reconsidered, warned].map((made) => applied(made)),
  ])
  expect(outcomes).toEqual(['done', 'done', 'done'])
})

test.each([
  ['require_approval', 'allowed', 'done'],
  ['require_approval', 'none', 'mismatch'],
  ['require_approval', 'held', 'mismatch'],
  ['deny', 'allowed', 'mismatch'],
])('a check that runs again behind a yes: %s, enforced as %s, makes it %s', async (word, enforced, outcome) => {
  const made = newAction()
  const { outcomes } = await told([
    runCreated(r),
    proposed(made),
    runEvent('validation_failed', r, 2, { action: made.action, check: verdict('require_approval', 'held') }),
    runEvent('approval_granted', r, 3, { action: made.action, approval: { request_id: 'q', mode: 'single' } }),
    runEvent('validation_failed', r, 4, { action: made.action, check: verdict(word, enforced) }),
    applied(made),
  ])
  expect(outcomes).toEqual([outcome])
})

const effect = (ref: string) => ({ status: 'applied', external_ref: ref })

test('a reference that repeats the target is not shown', async () => {
  const made = newAction()
  const other = { ...newAction(), target: made.target }
  const { texts } = await told([
    runCreated(r),
    runEvent('side_effect_applied', r, 1, { ...made, effect: effect(made.target.id) }),
    runEvent('side_effect_applied', r, 2, { ...other, effect: effect('re_1') }),
  ])
  expect(texts[5]).toBe(
    `done: refund.create on order ${made.target.id} and refund.create on order ${made.target.id} [re_1].`,
  )
})

import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import { newAction, nextId, refundRun, runCreated, runEvent } from './_events.ts'
import { openTestLedger, type TestLedger } from './_ledger.ts'

let open: TestLedger
let runs = 0
/** The run of the present test: all share one ledger, none a run. */
let r = ''

beforeAll(async () => {
  open = await openTestLedger()
})
afterAll(() => open[Symbol.asyncDispose]())
beforeEach(() => {
  runs += 1
  r = `run-${runs}.`
})

async function gradesOf({ log }: TestLedger, runId: string): Promise<Record<string, string>> {
  const { run, answers } = await log.run(runId)
  // The list and the receipt never disagree, and no answer is blank.
  expect(answers.map(({ question }) => question)).toEqual([
    'trigger',
    'context',
    'proposal',
    'checks',
    'approval',
    'effect',
  ])
  expect(Object.fromEntries(answers.map(({ question, grade }) => [question, grade]))).toEqual(run.grades)
  for (const { text, title } of answers) {
    expect(text).toMatch(/\S.*\.$/)
    expect(title).toMatch(/\?$/)
  }
  return run.grades
}

test("the run's own key: everything is claimed, and each answer names its events", async () => {
  await open.store(refundRun(r), await open.key('ingest'))
  expect(await gradesOf(open, r)).toEqual({
    trigger: 'claimed',
    context: 'claimed',
    proposal: 'claimed',
    checks: 'claimed',
    approval: 'claimed',
    effect: 'claimed',
  })
  const { run, answers, actions } = await open.log.run(r)
  expect(run).toMatchObject({ status: 'completed', outcome: 'done', flags: [], events: 10, actions: 1 })
  expect(actions).toMatchObject([{ outcome: 'done', approver: 'usr-19', external_ref: 're_3QK9', edited: false }])
  expect(answers.map(({ evidence }) => evidence.map(({ event_type }) => event_type))).toEqual([
    ['run_created'],
    ['input_resolved'],
    ['decision_proposed'],
    ['validation_failed'],
    ['approval_granted'],
    ['side_effect_applied'],
  ])
})

test("a policy service's key: its checks are observed, also on runs of others", async () => {
  const agent = await open.key('ingest')
  const policy = await open.key('policy')
  expect(policy.keyId).toMatch(/^p_/)
  const { action, target } = newAction()
  await open.store([runCreated(r), runEvent('decision_proposed', r, 1, { action, target })], agent)
  const check = { name: 'amount_limit', verdict: 'allow', enforced: 'allowed', rule_id: 'under_200' }
  await open.store(runEvent('validation_passed', r, 2, { action, check }), policy)
  expect(await gradesOf(open, r)).toMatchObject({ proposal: 'claimed', checks: 'observed' })
  const { run, actions } = await open.log.run(r)
  expect(run.flags).not.toContain('foreign_events')
  expect(actions[0]?.checks).toEqual([
    { name: 'amount_limit', verdict: 'allow', enforced: 'allowed', rule: 'under_200' },
  ])
})

test('an importer: everything is inferred, whatever its key', async () => {
  await open.store(refundRun(r), await open.key('ingest'), { inferred: true })
  expect(new Set(Object.values(await gradesOf(open, r)))).toEqual(new Set(['inferred']))
  expect((await open.log.run(r)).run.flags).toEqual(['imported'])
})

test("an observer's key: what it saw is observed and belongs to no run", async () => {
  const observer = await open.key('observe')
  expect(observer.keyId).toMatch(/^o_/)
  const event = {
    schema_version: '1.0',
    event_id: nextId(),
    event_type: 'effect_observed',
    target: { type: 'order', id: 'W1' },
    effect: { status: 'applied', external_ref: 're_1', source: 'stripe' },
  }
  const { acks } = await open.store(event, observer)
  const stored = await open.log.event(event.event_id)
  expect(stored.event).toMatchObject({ key_id: observer.keyId, assurance: 'authenticated', index: acks[0]?.index })
  expect(await open.log.report()).toMatchObject({ size: (acks[0]?.index ?? 0) + 1 })
  expect((await open.log.runs({ query: '' })).runs.map(({ run_id }) => run_id)).not.toContain(r)
  await expect(open.log.run(r)).rejects.toMatchObject({ code: 'run_unknown' })
})

test('none, by rule: an allowing rule says that no approval was needed', async () => {
  const { action, target } = newAction()
  const check = { name: 'amount_limit', verdict: 'allow', enforced: 'allowed', rule_id: 'under_200' }
  await open.store(
    [
      runCreated(r),
      runEvent('decision_proposed', r, 1, { action, target }),
      runEvent('validation_passed', r, 2, { action, check }),
      runEvent('side_effect_applied', r, 3, { action, target, effect: { status: 'applied' } }),
      runEvent('run_completed', r, 4),
    ],
    await open.key('ingest'),
  )
  expect(await gradesOf(open, r)).toMatchObject({ approval: 'none', context: 'missing', effect: 'claimed' })
  const { answers } = await open.log.run(r)
  expect(answers[4]?.text).toBe('No approval was required: under_200 allowed it.')
})

test('a rule that allowed one action excuses no other', async () => {
  const refund = newAction()
  const mail = newAction('mail.send', 'communicate')
  const check = { name: 'amount_limit', verdict: 'allow', enforced: 'allowed', rule_id: 'under_200' }
  const key = await open.key('ingest')
  await open.store(
    [
      runCreated(r),
      runEvent('decision_proposed', r, 1, { ...refund }),
      runEvent('decision_proposed', r, 2, { ...mail }),
      runEvent('validation_passed', r, 3, { action: refund.action, check }),
      runEvent('run_completed', r, 9),
    ],
    key,
  )
  expect(await gradesOf(open, r)).toMatchObject({ checks: 'claimed', approval: 'missing' })
  await open.store(runEvent('validation_passed', r, 4, { action: mail.action, check }), key)
  expect(await gradesOf(open, r)).toMatchObject({ checks: 'claimed', approval: 'none' })
})

test('an effect of an action that was declared to read only is not explained away', async () => {
  const { action, target } = newAction('ticket.read', 'read')
  await open.store(
    [
      runCreated(r),
      runEvent('side_effect_applied', r, 2, { action, target, effect: { status: 'applied' } }),
      runEvent('run_completed', r, 3),
    ],
    await open.key('ingest'),
  )
  expect(await gradesOf(open, r)).toMatchObject({ checks: 'missing', approval: 'missing', effect: 'claimed' })
  const { sentence, answers, actions } = await open.log.run(r)
  expect(actions[0]?.flags).toEqual(['never_proposed', 'undeclared_effect'])
  expect(answers[5]?.text).toBe(`done: ticket.read on order ${target.id}.`)
  expect(answers[2]?.text).toMatch(/^No proposal is on record, although the run acted: 1 action: ticket.read/)
  expect(sentence).toContain(`ticket.read on order ${target.id} done`)
})

test('a rule that asked for a person takes back that none was needed', async () => {
  const { action, target } = newAction()
  const check = { verdict: 'allow', enforced: 'allowed' }
  await open.store(
    [
      runCreated(r),
      runEvent('decision_proposed', r, 1, { action, target }),
      runEvent('validation_passed', r, 2, { action, check: { name: 'a', ...check } }),
      runEvent('validation_failed', r, 3, {
        action,
        check: { name: 'b', verdict: 'require_approval', enforced: 'held' },
      }),
      runEvent('run_completed', r, 4),
    ],
    await open.key('ingest'),
  )
  expect(await gradesOf(open, r)).toMatchObject({ checks: 'claimed', approval: 'missing', effect: 'missing' })
  expect((await open.log.run(r)).actions[0]?.outcome).toBe('waiting')
})

test('none: a run that ended without proposing anything needed no check, approval or effect', async () => {
  const key = await open.key('ingest')
  await open.store(runCreated(r), key)
  expect(await gradesOf(open, r)).toEqual({
    trigger: 'claimed',
    context: 'missing',
    proposal: 'missing',
    checks: 'missing',
    approval: 'missing',
    effect: 'missing',
  })
  await open.store(runEvent('run_completed', r, 1), key)
  expect(await gradesOf(open, r)).toEqual({
    trigger: 'claimed',
    context: 'missing',
    proposal: 'none',
    checks: 'none',
    approval: 'none',
    effect: 'none',
  })
})

test('missing: an effect without proposal, check, approval or trigger is not excused', async () => {
  const { action, target } = newAction()
  await open.store(
    [
      runEvent('side_effect_applied', r, 1, { action, target, effect: { status: 'applied' } }),
      runEvent('run_completed', r, 2),
    ],
    await open.key('ingest'),
  )
  expect(await gradesOf(open, r)).toEqual({
    trigger: 'missing',
    context: 'missing',
    proposal: 'missing',
    checks: 'missing',
    approval: 'missing',
    effect: 'claimed',
  })
  const { run, actions } = await open.log.run(r)
  expect(run.flags).toEqual(['no_run_created'])
  expect(actions[0]?.flags).toEqual(['never_proposed'])
})

test('a decision without effect needs no check and no approval', async () => {
  const { action, target } = newAction('ticket.classify', 'none')
  await open.store(
    [runCreated(r), runEvent('decision_proposed', r, 1, { action, target }), runEvent('run_completed', r, 2)],
    await open.key('ingest'),
  )
  expect(await gradesOf(open, r)).toMatchObject({
    proposal: 'claimed',
    checks: 'none',
    approval: 'none',
    effect: 'none',
  })
  expect((await open.log.run(r)).run.outcome).toBe('done')
})

const approval = { request_id: 'q', mode: 'single' }

/** What forbids an effect that comes all the same. */
const against: readonly [string, (a: ReturnType<typeof newAction>) => ReturnType<typeof runEvent>][] = [
  ['an effect although a person said no', ({ action }) => runEvent('approval_rejected', r, 2, { action, approval })],
  ['an effect although nobody decided', ({ action }) => runEvent('approval_expired', r, 2, { action, approval })],
  ['an effect before the answer', ({ action }) => runEvent('approval_requested', r, 2, { action, approval })],
  ...(['blocked', 'held'] as const).map((enforced): (typeof against)[number] => [
    `an effect although a rule ${enforced} it`,
    ({ action }) => runEvent('validation_failed', r, 2, { action, check: { name: 'x', verdict: 'deny', enforced } }),
  ]),
]

const ends: readonly [string, (a: ReturnType<typeof newAction>) => ReturnType<typeof runEvent>[], string][] = [
  [
    'a call that nobody answered',
    ({ action }) => [runEvent('tool_called', r, 2, { action, tool: { name: 't' } })],
    'unconfirmed',
  ],
  [
    'a call that failed',
    ({ action }) => [
      runEvent('tool_called', r, 2, { action, tool: { name: 't' } }),
      runEvent('tool_completed', r, 3, { action, tool: { name: 't' }, result: 'failure' }),
    ],
    'failed',
  ],
  [
    'a call that succeeded without telling the effect',
    ({ action }) => [
      runEvent('tool_called', r, 2, { action, tool: { name: 't' } }),
      runEvent('tool_completed', r, 3, { action, tool: { name: 't' }, result: 'success' }),
    ],
    'unconfirmed',
  ],
  [
    'an effect that a rule blocked',
    ({ action }) => [
      runEvent('validation_failed', r, 2, { action, check: { name: 'x', verdict: 'deny', enforced: 'blocked' } }),
      runEvent('side_effect_blocked', r, 3, { action, effect: { status: 'not_applied' } }),
    ],
    'blocked',
  ],
  [
    'an effect that a person rejected',
    ({ action }) => [
      runEvent('approval_rejected', r, 2, {
        action,
        approval: { request_id: 'q', mode: 'single', decision: 'rejected' },
      }),
      runEvent('side_effect_blocked', r, 3, { action, effect: { status: 'not_applied' } }),
    ],
    'rejected',
  ],
  [
    'an effect that nobody knows',
    ({ action }) => [runEvent('side_effect_unknown', r, 2, { action, effect: { status: 'unknown' } })],
    'unconfirmed',
  ],
  ['a proposal that nobody pursued', () => [], 'running'],
  [
    'a failure, then a retry that was applied',
    ({ action }) => [
      runEvent('tool_called', r, 2, { action, tool: { name: 't' } }),
      runEvent('tool_completed', r, 3, { action, tool: { name: 't' }, result: 'failure' }),
      runEvent('tool_called', r, 4, { action, tool: { name: 't' } }),
      runEvent('side_effect_applied', r, 5, { action, effect: { status: 'applied' } }),
    ],
    'done',
  ],
  ...against.map(([name, event]): (typeof ends)[number] => [
    name,
    (created) => [event(created), runEvent('side_effect_applied', r, 8, { ...created, effect: { status: 'applied' } })],
    'mismatch',
  ]),
  [
    'a no, then the question again and a yes',
    ({ action }) =>
      ['requested', 'rejected', 'requested', 'granted'].map((word, at) =>
        runEvent(`approval_${word}`, r, 2 + at, { action, approval }),
      ),
    'running',
  ],
  [
    'a no, then the question again',
    ({ action }) =>
      ['rejected', 'requested'].map((word, at) => runEvent(`approval_${word}`, r, 2 + at, { action, approval })),
    'waiting',
  ],
  [
    'an effect after a no that a yes took back',
    ({ action }) => [
      runEvent('approval_rejected', r, 2, { action, approval }),
      runEvent('approval_granted', r, 3, { action, approval }),
      runEvent('side_effect_applied', r, 4, { action, effect: { status: 'applied' } }),
    ],
    'done',
  ],
  [
    'an effect, and a no to doing it again',
    ({ action }) => [
      runEvent('side_effect_applied', r, 2, { action, effect: { status: 'applied' } }),
      runEvent('approval_rejected', r, 3, { action, approval }),
    ],
    'done',
  ],
  [
    'a question that waits',
    ({ action }) => [runEvent('approval_requested', r, 2, { action, approval: { request_id: 'q', mode: 'single' } })],
    'waiting',
  ],
]

test.each(ends)('outcome: %s', async (_name, events, outcome) => {
  const created = newAction()
  const key = await open.key('ingest')
  await open.store([runCreated(r), runEvent('decision_proposed', r, 1, { ...created }), ...events(created)], key)
  expect((await open.log.run(r)).actions[0]?.outcome).toBe(outcome)
  // The worst action gives the outcome of the run; a run that ended without a word on a proposal is not done.
  await open.store(runEvent('run_completed', r, 9), key)
  expect((await open.log.run(r)).run.outcome).toBe(outcome === 'running' ? 'unconfirmed' : outcome)
})

import * as fc from 'fast-check'
import { afterAll, beforeAll, expect, test } from 'vitest'
import type { Principal, RunReport } from '@counterfoil/ledger'
import { newAction, nextId, refundRun, runCreated, runEvent } from './_events.ts'
import { openTestLedger, type TestEvent, type TestLedger } from './_ledger.ts'

let open: TestLedger
let own: Principal
let foreign: Principal
let policy: Principal

beforeAll(async () => {
  open = await openTestLedger()
  own = await open.key('ingest')
  foreign = await open.key('ingest')
  policy = await open.key('policy')
})
afterAll(() => open[Symbol.asyncDispose]())

interface Sent {
  readonly event: TestEvent
  readonly by: Principal
}

/** What a report says, without what depends on the arrival: positions, times of recording, proofs, commitments. */
function said(report: RunReport, runId: string, ids: readonly string[]): unknown {
  const { run, answers, actions, timeline, sentence } = report
  const text = JSON.stringify({
    run: { ...run, first_index: 0, last_index: 0 },
    sentence,
    answers: answers.map((answer) => ({ ...answer, evidence: answer.evidence.map(({ event_id }) => event_id) })),
    actions: actions
      .map((action) => ({ ...action, first_index: 0, last_index: 0 }))
      .toSorted((a, b) => (a.action_id < b.action_id ? -1 : 1)),
    timeline: timeline.map(({ event_id, text, grade }) => ({ event_id, text, grade })),
  })
  // Each attempt has ids of its own: they are named by their place.
  return JSON.parse(ids.reduce((from, id, at) => from.replaceAll(id, `id-${at}`), text.replaceAll(runId, 'the-run')))
}

/** A run with everything that could depend on order: retries, two ends, late events, a policy service, a foreign key. */
function eventfulRun(): { runId: string; ids: string[]; sent: Sent[] } {
  const runId = `run-${nextId()}.`
  const first = newAction()
  const second = newAction('mail.send', 'communicate')
  const tool = { name: 'send_mail' }
  const check = { name: 'recipient', verdict: 'allow', enforced: 'allowed' }
  const events: TestEvent[] = [
    ...refundRun(runId, first),
    runEvent('decision_proposed', runId, 10, { ...second, attributes: { order: 'x' } }),
    runEvent('tool_called', runId, 11, { ...second, tool }),
    runEvent('tool_completed', runId, 12, { action: second.action, tool, result: 'failure', reason_code: 'timeout' }),
    runEvent('tool_called', runId, 13, { ...second, tool }),
    runEvent('side_effect_applied', runId, 14, {
      action: second.action,
      effect: { status: 'applied', external_ref: 'm-1' },
    }),
    runEvent('decision_overridden', runId, 15, { action: second.action, actor: { type: 'human', id: 'usr-7' } }),
    runEvent('run_failed', runId, 16, { failed_at: 'execution' }),
    runEvent('input_resolved', runId, 17, { sources: [{ type: 'order', id: 'late' }] }),
    // The same place twice: ids decide.
    runEvent('tool_called', runId, 13, { ...second, tool: { name: 'send_mail_2' } }),
  ]
  const sent: Sent[] = events.map((event) => ({ event, by: own }))
  sent.push({ event: runEvent('validation_passed', runId, 12, { action: second.action, check }), by: policy })
  sent.push({ event: runEvent('run_cancelled', runId, 99), by: foreign })
  const ids = [
    ...sent.map(({ event }) => String(event['event_id'])),
    first.action.id,
    first.target.id,
    second.action.id,
    second.target.id,
  ]
  return { runId, ids, sent }
}

async function deliver(sent: readonly Sent[], order: readonly number[], batch: number): Promise<void> {
  const waiting = order.map((at) => sent[at]).filter((one) => one !== undefined)
  for (let at = 0; at < waiting.length;) {
    const by = waiting[at]?.by ?? own
    let end = at
    while (end < waiting.length && end - at < batch && waiting[end]?.by === by) end += 1
    await open.store(
      waiting.slice(at, end).map(({ event }) => event),
      by,
    )
    at = end
  }
}

test('any order of the same events gives the same report', async () => {
  const { runId, ids, sent } = eventfulRun()
  await deliver(sent, [...sent.keys()], 1_000)
  const expected = said(await open.log.run(runId), runId, ids)
  expect(expected).toMatchObject({
    run: {
      status: 'failed',
      outcome: 'failed',
      events: sent.length,
      flags: expect.arrayContaining(['conflicting_ends', 'foreign_events', 'late_events']) as unknown,
    },
    actions: [
      { outcome: 'done', approver: 'usr-19' },
      { outcome: 'done', edited: true, attempts: 3, checks: [{ name: 'recipient' }] },
    ],
  })
  await fc.assert(
    fc.asyncProperty(
      fc.shuffledSubarray([...sent.keys()], { minLength: sent.length, maxLength: sent.length }),
      fc.integer({ min: 1, max: 8 }),
      async (order, batch) => {
        const again = eventfulRun()
        await deliver(again.sent, order, batch)
        expect(said(await open.log.run(again.runId), again.runId, again.ids)).toEqual(expected)
      },
    ),
    { numRuns: 25 },
  )
})

test('a check of the policy service may come before anything else of its action', async () => {
  const runId = `run-${nextId()}`
  const { action, target } = newAction()
  const check = { name: 'amount_limit', verdict: 'allow', enforced: 'allowed' }
  await open.store(runEvent('validation_passed', runId, 2, { action, check }), policy)
  await open.store(
    [
      runCreated(runId),
      runEvent('decision_proposed', runId, 1, { action, target }),
      runEvent('side_effect_applied', runId, 3, { action, effect: { status: 'applied' } }),
    ],
    own,
  )
  const { run, actions } = await open.log.run(runId)
  expect(run.flags).toEqual([])
  expect(actions).toMatchObject([
    { outcome: 'done', target: { id: target.id }, flags: [], checks: [{ name: 'amount_limit' }] },
  ])
})

test("a foreign key's events are stored and flagged, and change no state", async () => {
  const runId = `run-${nextId()}`
  const created = newAction()
  const { action, target } = created
  await open.store([runCreated(runId), runEvent('decision_proposed', runId, 1, { action, target })], own)
  const before = await open.log.run(runId)
  await open.store(
    [
      runEvent('side_effect_applied', runId, 2, { action, effect: { status: 'applied', external_ref: 'forged' } }),
      runEvent('approval_granted', runId, 3, {
        action,
        actor: { type: 'human', id: 'mallory' },
        approval: { request_id: 'a', mode: 'single' },
      }),
      runEvent('validation_passed', runId, 4, {
        action,
        check: { name: 'forged', verdict: 'allow', enforced: 'allowed' },
      }),
      runEvent('decision_overridden', runId, 5, { action, actor: { type: 'human', id: 'mallory' } }),
      runCreated(runId, { customer_id: 'forged', trigger: { type: 'user' } }),
      runEvent('run_completed', runId, 6),
      // An action that nobody else has spoken of is no action of this run.
      runEvent('side_effect_unknown', runId, 7, { action: newAction().action, effect: { status: 'unknown' } }),
    ],
    foreign,
  )
  const after = await open.log.run(runId)
  expect(after.run).toMatchObject({
    status: 'running',
    outcome: before.run.outcome,
    customer_id: 'acme',
    grades: before.run.grades,
    events: 9,
    actions: before.run.actions,
  })
  expect(after.run.flags).toEqual(['foreign_events'])
  expect(after.actions).toMatchObject([
    { outcome: 'running', edited: false, checks: [], flags: ['foreign_events'] },
    { outcome: 'unconfirmed' },
  ])
  expect(after.actions[0]).not.toHaveProperty('approver')
  expect(after.timeline.length).toBe(9)
  expect(after.answers.map(({ text }) => text)).toEqual(before.answers.map(({ text }) => text))
  expect(after.sentence).toBe(before.sentence)
  // Nor does a search find the run by what the foreign key said.
  for (const query of ['customer:forged', 'approver:mallory', 'ref:forged', 'check:forged']) {
    expect([query, (await open.log.runs({ query })).runs.map(({ run_id }) => run_id)]).toEqual([query, []])
  }
})

test('events after the end are accepted and marked late', async () => {
  const runId = `run-${nextId()}`
  await open.store(refundRun(runId), own)
  expect((await open.log.run(runId)).run.flags).toEqual([])
  await open.store(runEvent('input_resolved', runId, 10), own)
  const { run } = await open.log.run(runId)
  expect(run).toMatchObject({ status: 'completed', flags: ['late_events'], events: 11 })
})

test('two different ends are flagged, the same end twice is not', async () => {
  const runId = `run-${nextId()}`
  await open.store([runCreated(runId), runEvent('run_completed', runId, 1), runEvent('run_completed', runId, 2)], own)
  expect((await open.log.run(runId)).run.flags).not.toContain('conflicting_ends')
  await open.store(runEvent('run_cancelled', runId, 3), own)
  expect((await open.log.run(runId)).run).toMatchObject({
    status: 'cancelled',
    flags: expect.arrayContaining(['conflicting_ends']) as unknown,
  })
})

test('names that JavaScript objects have already are names like others', async () => {
  for (const name of ['__proto__', 'constructor', 'toString', 'hasOwnProperty']) {
    const runId = `${name}-${nextId()}`
    const word = /^[a-z]+$/.test(name) ? name : 'valueof'
    const action = { id: nextId(), type: word, effect_class: 'write' }
    const check = { name: word, verdict: 'allow', enforced: 'allowed', rule_id: name }
    await open.store(
      [
        runCreated(runId, { customer_id: name, workflow: { name }, environment: name, attributes: { [word]: 'x' } }),
        runEvent('decision_proposed', runId, 1, {
          action,
          target: { type: word, id: name },
          reason_code: word,
          attributes: { [word]: 1 },
        }),
        runEvent('validation_passed', runId, 2, {
          action,
          check,
          payload: JSON.parse(`{"${name}": {"${name}": 1}}`) as unknown,
        }),
        runEvent('tool_called', runId, 3, { action, tool: { name } }),
        runEvent('side_effect_applied', runId, 4, { action, effect: { status: 'applied', external_ref: name } }),
      ],
      own,
    )
    const { run, actions } = await open.log.run(runId)
    expect(run).toMatchObject({ customer_id: name, outcome: 'running', attributes: { [word]: 'x' } })
    expect(actions).toMatchObject([
      { type: word, target: { id: name }, tool: name, checks: [{ name: word, rule: name }] },
    ])
  }
})

test('live equals rebuilt, and every proof holds', async () => {
  const report = await open.log.verify()
  expect(report.checks.filter(({ ok }) => !ok)).toEqual([])
})

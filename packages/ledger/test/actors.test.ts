import { afterAll, beforeAll, expect, test } from 'vitest'
import { newAction, runCreated, runEvent, type TestAction } from './_events.ts'
import { openTestLedger, type TestEvent, type TestLedger } from './_ledger.ts'

let open: TestLedger

beforeAll(async () => {
  open = await openTestLedger()
})
afterAll(() => open[Symbol.asyncDispose]())

const agent = { type: 'agent', id: 'support-agent' }
const user = { type: 'human', id: 'user' }

const deed = (seq: number, actor: object, made: TestAction): TestEvent[] => [
  runEvent('decision_proposed', 'shared', seq, { actor, ...made }),
  runEvent('side_effect_applied', 'shared', seq + 1, { actor, ...made, effect: { status: 'applied' } }),
]
const read = (seq: number, actor: object, name: string, id: string): TestEvent =>
  runEvent('retrieval_completed', 'looked', seq, { actor, tool: { name }, sources: [{ type: 'record', id }] })

test('what a person did is told and found as theirs, not as what the agent did', async () => {
  const key = await open.key('ingest')
  const toggle = newAction('device.toggle', 'write')
  const refuel = newAction('line.refuel', 'financial')
  await open.store(
    [
      runCreated('shared', { actor: agent, trigger: { type: 'user' } }),
      runEvent('input_resolved', 'shared', 1, { actor: user, payload: { text: 'no signal' } }),
      ...deed(2, user, toggle),
      ...deed(4, agent, refuel),
      runEvent('run_completed', 'shared', 9),
      runCreated('alone', { actor: agent }),
      runEvent('input_resolved', 'alone', 1, { actor: user, payload: { text: 'hello' } }),
    ],
    key,
  )
  const { sentence, answers, actions } = await open.log.run('shared')
  expect(sentence).toBe(
    `refunds 4.2.1: line.refuel on order ${refuel.target.id} done, and 1 other action by a person. The run is done.`,
  )
  expect(answers[2]?.text).toBe(
    `2 actions, 1 of them by a person: line.refuel on order ${refuel.target.id} and device.toggle on order ${toggle.target.id} by the user.`,
  )
  expect(answers[5]?.text).toContain(`device.toggle on order ${toggle.target.id} by the user`)
  expect(actions.map(({ type, actor }) => [type, actor?.type, actor?.id])).toEqual([
    ['device.toggle', 'human', 'user'],
    ['line.refuel', 'agent', 'support-agent'],
  ])
  const found = async (query: string): Promise<string[]> =>
    (await open.log.runs({ query })).runs.map(({ run_id }) => run_id)
  expect(await found('actor:human')).toEqual(['shared'])
  expect(await found('actor:user')).toEqual(['shared'])
  expect(await found('action:device.* actor:human')).toEqual(['shared'])
  expect(await found('action:line.* actor:human')).toEqual([])
  expect(await found('action:line.* actor:support-agent')).toEqual(['shared'])
  expect((await found('actor:agent')).toSorted()).toEqual(['alone', 'shared'])
  const listed = await open.log.actions({ query: 'actor:human' })
  expect(listed.actions.map(({ type }) => type)).toEqual(['device.toggle'])
})

test('what a person looked up is not what the agent used', async () => {
  const key = await open.key('ingest')
  await open.store(
    [
      runCreated('looked'),
      read(1, agent, 'get_order', 'W1'),
      read(2, user, 'check_bar', 'bar'),
      runEvent('decision_overridden', 'looked', 3, { actor: user, reason_code: 'user_interrupted' }),
    ],
    key,
  )
  const { answers, timeline } = await open.log.run('looked')
  expect(answers[1]?.text).toBe('1 read with get_order: record W1; 1 read by a person with check_bar.')
  expect(answers[4]?.text).toBe('the user interrupted the run.')
  expect(timeline.slice(1).map(({ text }) => text)).toEqual([
    'get_order was read: record W1.',
    'The user read with check_bar: record bar.',
    'The user interrupted the run.',
  ])
})

test('whoever decided about an action did not do it', async () => {
  const key = await open.key('ingest')
  const { action, target } = newAction()
  await open.store(
    [
      runCreated('decided'),
      runEvent('decision_proposed', 'decided', 1, { action, target, actor: agent }),
      runEvent('approval_granted', 'decided', 0, {
        action,
        actor: { type: 'human', id: 'usr-19' },
        approval: { request_id: 'q', mode: 'single' },
      }),
    ],
    key,
  )
  expect((await open.log.run('decided')).actions[0]).toMatchObject({ actor: agent, approver: 'usr-19' })
  expect((await open.log.runs({ query: 'actor:usr-19' })).runs).toHaveLength(1)
})

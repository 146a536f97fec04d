import { afterAll, beforeAll, expect, test } from 'vitest'
import type { Principal, RunReport } from '@counterfoil/ledger'
import { newAction, refundRun, runCreated, runEvent } from './_events.ts'
import { openTestLedger, type TestEvent, type TestLedger } from './_ledger.ts'

let open: TestLedger
let key: Principal

beforeAll(async () => {
  open = await openTestLedger()
  key = await open.key('ingest')
})
afterAll(() => open[Symbol.asyncDispose]())

async function storeAll(events: readonly TestEvent[]): Promise<void> {
  for (let at = 0; at < events.length; at += 500) await open.store(events.slice(at, at + 500), key)
}

/** What a report says of the whole run, whichever page of its timeline it shows. */
const told = ({ run, sentence, answers, actions }: RunReport): unknown => ({ run, sentence, answers, actions })

test('answers, actions and sentence are the same on every page of the timeline', async () => {
  // Two arrive late: the order of the run is not that of the log.
  const [created, first, second, ...others] = refundRun('paged') as [TestEvent, TestEvent, TestEvent, ...TestEvent[]]
  await storeAll([created, ...others, second, first])
  const whole = await open.log.run('paged')
  expect(whole.timeline).toHaveLength(10)
  const [firstIndex, lastIndex] = [whole.run.first_index, whole.run.last_index]
  for (const from of [0, firstIndex, firstIndex + 1, firstIndex + 5, lastIndex, lastIndex + 1, 999_999]) {
    for (const limit of [1, 2, 3, 9, 10, 11]) {
      expect(told(await open.log.run('paged', { from, limit })), `from ${from}, limit ${limit}`).toEqual(told(whole))
    }
  }
  expect((await open.log.run('paged', { from: 999_999 })).timeline).toEqual([])
})

test('what lies beyond the first page of a long run is answered like the rest', async () => {
  const filler = Array.from({ length: 2_100 }, (_, at) =>
    runEvent('input_resolved', 'long', at + 1, { sources: [{ type: 'page', id: `p${at % 7}` }] }),
  )
  const story = refundRun('long').slice(2)
  await storeAll([
    runCreated('long'),
    ...filler,
    ...story.map((event, at) => ({ ...event, run_seq: 5_000 + at, occurred_at: '2026-11-23T12:00:00.000Z' })),
  ])
  const { answers, actions, timeline, timeline_next: next, run } = await open.log.run('long')
  expect(timeline).toHaveLength(2_000)
  expect(next).toBe(run.first_index + 2_000)
  const texts = answers.map(({ text }) => text)
  expect(texts[1]).toBe('2100 inputs: page p0, page p1, page p2, page p3 and 3 more.')
  expect(texts[2]).toMatch(/^1 action: refund\.create on order W\d+ /)
  expect(answers[2]?.quote).toBe('photos show the damage')
  expect(texts[3]).toBe('1 check: amount_limit → require_approval (rule over_200).')
  expect(texts[4]).toBe('usr-19 approved refund.create.')
  expect(texts[5]).toMatch(/^done: refund\.create on order W\d+ \[re_3QK9\]\.$/)
  expect(answers.map(({ evidence }) => evidence.length)).toEqual([1, 20, 1, 1, 1, 1])
  expect(actions[0]?.parameters).toMatchObject({ amount: 240 })
})

test('bodies too large to be read at once are read all the same', async () => {
  const large = 'x'.repeat(1_000_000)
  const bulk = Array.from({ length: 18 }, (_, at) =>
    runEvent('input_resolved', 'heavy', at + 1, { payload: { data: [large] } }),
  )
  for (const event of [runCreated('heavy'), ...bulk]) await open.store(event, key)
  const { action, target } = newAction()
  await open.store(
    runEvent('decision_proposed', 'heavy', 40, {
      action,
      target,
      payload: { reasoning: 'seen', parameters: { a: 1 } },
    }),
    key,
  )
  const { answers, actions } = await open.log.run('heavy')
  expect(answers[2]?.quote).toBe('seen')
  expect(actions[0]?.parameters).toEqual({ a: 1 })
})

test('what is done several times is counted, and what is read several times is named once', async () => {
  const same = { type: 'refund.create', effect_class: 'financial' }
  const target = { type: 'order', id: 'W1' }
  const actions = [1, 2, 3].map(() => ({ ...newAction().action, ...same }))
  const check = { name: 'amount_limit', verdict: 'allow', enforced: 'allowed', rule_id: 'under_200' }
  await storeAll([
    runCreated('twice'),
    ...[1, 2].map((seq) =>
      runEvent('retrieval_completed', 'twice', seq, { tool: { name: 'get_order' }, sources: [target] }),
    ),
    ...actions.flatMap((action, at) => [
      runEvent('decision_proposed', 'twice', 10 + at, { action, target }),
      runEvent('validation_passed', 'twice', 20 + at, { action, check }),
      runEvent('side_effect_applied', 'twice', 30 + at, { action, target, effect: { status: 'applied' } }),
    ]),
  ])
  const { answers } = await open.log.run('twice')
  expect(answers.map(({ text }) => text).slice(1)).toEqual([
    '2 reads with get_order: order W1.',
    '3 actions: refund.create on order W1 ×3.',
    '3 checks: amount_limit → allow (rule under_200) ×3.',
    'No approval was required: under_200 allowed it.',
    'done: refund.create on order W1 ×3.',
  ])
})

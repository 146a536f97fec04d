import { emptyQuery, parseQuery, type Query } from '@counterfoil/schema/query'
import { describe, expect, it } from 'vitest'
import type { EventStore } from '../event-store.ts'
import type { RunRow } from '../projection/rows.ts'
import { batch, runEvents, testMs, type Story } from './events.ts'
import type { OpenStore } from './open-store.ts'

const attributeKeys = new Set(['order', 'amount_minor', 'currency', 'note'])
const nowMs = testMs + 3_600_000

/** A query as typed; throws when it has problems. */
export function ask(text: string): Query {
  const { ast, problems } = parseQuery(text, { attributeKeys })
  if (problems.length > 0) throw new Error(`${text}: ${problems[0]?.message}`)
  return ast
}

async function idsOf(store: EventStore, text: string): Promise<string[]> {
  return (await store.runs('main', { query: ask(text), nowMs, limit: 200 })).rows.map(({ runId }) => runId)
}

async function actionsOf(store: EventStore, text: string): Promise<string[]> {
  return (await store.actions('main', { query: ask(text), nowMs, limit: 200 })).rows.map(({ actionId }) => actionId)
}

/** Every page of a query, one after another. */
async function allPages(store: EventStore, query: Query, limit: number): Promise<RunRow[]> {
  const rows: RunRow[] = []
  for (let cursor: string | undefined, first = true; first || cursor !== undefined; first = false) {
    const page = await store.runs('main', { query, nowMs, limit, ...(cursor !== undefined && { cursor }) })
    expect(page.rows.length).toBeLessThanOrEqual(limit)
    rows.push(...page.rows)
    cursor = page.next
  }
  return rows
}

const stories: readonly Story[] = [
  {
    runId: 'refund-done',
    startedMs: testMs,
    created: {
      workflow: { name: 'refunds', version: '4.2.1' },
      customer_id: 'Acme, Inc.',
      environment: 'production',
      trigger: { type: 'event' },
      actor: { type: 'agent', id: 'bot-1' },
    },
    actions: [
      {
        id: 'a1',
        type: 'refund.create',
        effect: 'financial',
        target: ['order', 'W1'],
        attributes: { order: 5513, amount_minor: 50_000, currency: 'EUR' },
        more: {
          actor: { type: 'agent', id: 'bot-1' },
          reason_code: 'item_damaged',
          confidence: 'high',
          tool: { name: 'stripe' },
        },
      },
      {
        id: 'a2',
        type: 'email.send',
        effect: 'communicate',
        target: ['mailbox', 'x@example.com'],
        end: ['side_effect_unknown'],
      },
    ],
  },
  {
    runId: 'refund-blocked',
    startedMs: testMs + 60_000,
    created: {
      workflow: { name: 'refunds', version: '4.3.0' },
      customer_id: 'acme',
      environment: 'production',
      actor: { type: 'human', id: 'u_maria' },
    },
    actions: [
      {
        id: 'a3',
        type: 'refund.create',
        effect: 'financial',
        target: ['order', 'W2'],
        attributes: { amount_minor: 1_999, currency: 'USD', note: '100% off' },
        more: { actor: { type: 'human', id: 'u_maria' }, also_affects: [{ type: 'customer', id: 'c9' }] },
        end: ['side_effect_blocked'],
      },
    ],
  },
  {
    runId: 'triage',
    startedMs: testMs + 120_000,
    tookMs: 1_000,
    created: { workflow: { name: 'triage' }, environment: 'staging', attributes: { order: 77 } },
    end: 'run_failed',
  },
  { runId: 'open', startedMs: testMs + 180_000, created: { customer_id: 'acme' }, end: 'none' },
]

/** A run with one proposal that says something. */
const propose = (runId: string, payload: unknown): Story => ({
  runId,
  startedMs: testMs + runId.length,
  actions: [{ id: `a-${runId}`, type: 'reply', payload }],
})

async function fill(store: EventStore): Promise<void> {
  await store.createLog('main')
  for (const story of stories) await store.append('main', batch(runEvents(story)))
}

const expected: readonly (readonly [query: string, ...runs: string[]])[] = [
  ['', 'open', 'triage', 'refund-blocked', 'refund-done'],
  ['sort:started', 'refund-done', 'refund-blocked', 'triage', 'open'],
  ['customer:acme', 'open', 'refund-blocked'],
  ['-customer:acme', 'triage', 'refund-done'],
  ['customer:"Acme, Inc."', 'refund-done'],
  ['customer:none', 'triage'],
  ['customer:*', 'open', 'refund-blocked', 'refund-done'],
  ['customer:A*', 'refund-done'],
  ['workflow:refunds@4.2.1', 'refund-done'],
  ['workflow:refunds@4.*', 'refund-blocked', 'refund-done'],
  ['version:4.2.*,none', 'open', 'triage', 'refund-done'],
  ['status:running', 'open'],
  ['is:open', 'open'],
  ['outcome:failed', 'triage'],
  ['outcome:blocked,failed', 'triage', 'refund-blocked'],
  ['took:<=2s', 'triage'],
  ['took:none', 'open'],
  ['action:refund.*', 'refund-blocked', 'refund-done'],
  ['-action:refund.*', 'open', 'triage'],
  ['action:refund.create outcome:blocked', 'refund-blocked'],
  // Both are true of the run, but of no single action.
  ['action:refund.create outcome:unconfirmed'],
  ['action:refund.create -outcome:blocked', 'refund-done'],
  ['-(action:refund.create outcome:blocked)', 'open', 'triage', 'refund-done'],
  ['action:email.send OR customer:acme', 'open', 'refund-blocked', 'refund-done'],
  ['effect:communicate', 'refund-done'],
  ['target:order:W1', 'refund-done'],
  ['target:W1,W2', 'refund-blocked', 'refund-done'],
  ['target:order:*', 'refund-blocked', 'refund-done'],
  ['target:customer:c9', 'refund-blocked'],
  ['target:c9', 'refund-blocked'],
  ['reason:item_damaged confidence:high tool:stripe', 'refund-done'],
  ['reason:none action:refund.create', 'refund-blocked'],
  ['order:5513', 'refund-done'],
  ['order:>77', 'refund-done'],
  ['order:70..80', 'triage'],
  ['order:none', 'open', 'refund-blocked'],
  ['note:"100% off"', 'refund-blocked'],
  ['note:"100%"*', 'refund-blocked'],
  ['note:10_*'],
  ['amount:>=500', 'refund-done'],
  ['amount:>=500usd'],
  ['amount:19.99', 'refund-blocked'],
  ['amount:10..20usd', 'refund-blocked'],
  ['sort:-amount action:refund.*', 'refund-done', 'refund-blocked'],
  ['sort:amount', 'refund-blocked', 'refund-done', 'triage', 'open'],
  ['sort:-took', 'refund-blocked', 'refund-done', 'triage', 'open'],
  ['actor:human', 'refund-blocked'],
  ['actor:human action:refund.*', 'refund-blocked'],
  ['actor:agent action:refund.*', 'refund-done'],
  ['actor:bot-1 action:email.send'],
  ['actor:none action:email.send', 'refund-done'],
  ['by:bot-1,u_maria', 'refund-blocked', 'refund-done'],
  ['type:side_effect_blocked', 'refund-blocked'],
  ['type:side_effect_*', 'refund-blocked', 'refund-done'],
  ['has:proposal', 'refund-blocked', 'refund-done'],
  ['has:error', 'triage'],
  ['has:effect -has:approval action:email.send', 'refund-done'],
  ['after:2026-11-20T12:02', 'open', 'triage'],
  ['before:2026-11-20T12:01', 'refund-done'],
  ['on:today after:-1h', 'open', 'triage', 'refund-blocked', 'refund-done'],
  ['run:refund-*', 'refund-blocked', 'refund-done'],
  ['(customer:acme OR workflow:triage) -is:open', 'triage', 'refund-blocked'],
]

export function describeAsking(open: OpenStore): void {
  describe('queries', () => {
    it('find what they ask for, in the order that they ask for', async () => {
      await using opened = await open()
      const { store } = opened
      await fill(store)
      for (const [query, ...runs] of expected) {
        expect([query, ...(await idsOf(store, query))]).toEqual([query, ...runs])
        expect(await store.countRuns('main', { query: ask(query), nowMs })).toEqual({ count: runs.length, exact: true })
      }
    })

    it('list actions, each asked for itself', async () => {
      await using opened = await open()
      const { store } = opened
      await fill(store)
      expect(await actionsOf(store, '')).toEqual(['a3', 'a2', 'a1'])
      expect(await actionsOf(store, '-action:refund.create')).toEqual(['a2'])
      expect(await actionsOf(store, 'outcome:done,blocked sort:started')).toEqual(['a1', 'a3'])
      expect(await actionsOf(store, 'customer:acme')).toEqual(['a3'])
      expect(await actionsOf(store, 'sort:-amount')).toEqual(['a1', 'a3', 'a2'])
      expect(await actionsOf(store, 'order:5513')).toEqual(['a1'])
    })

    it('find words and phrases of payloads, and only where they are looked for', async () => {
      await using opened = await open()
      const { store, settleText } = opened
      await store.createLog('main')
      await store.append(
        'main',
        batch([
          ...runEvents(propose('one', { text: 'Send the wire transfer today' })),
          ...runEvents(propose('three', { text: ['Wire fraud:', 'no transfer'] })),
        ]),
      )
      await settleText?.()
      expect(await idsOf(store, '"wire transfer"')).toEqual(['one'])
      expect(await idsOf(store, 'wire transfer')).toEqual(['three', 'one'])
      expect(await idsOf(store, 'WIRE -fraud')).toEqual(['one'])
      expect(await idsOf(store, 'in:proposal fraud')).toEqual(['three'])
      expect(await idsOf(store, 'in:input fraud')).toEqual([])
      expect(await idsOf(store, '"\\" OR wire"')).toEqual([])
      expect(await idsOf(store, '"wire* NOT NEAR("')).toEqual([])
      expect((await store.runs('main', { query: emptyQuery, nowMs, limit: 1 })).textIndexedThrough).toBe(8)
      await store.erase('main', { runId: 'one', actorId: 'u', reasonCode: 'gdpr' })
      await settleText?.()
      expect(await idsOf(store, 'transfer')).toEqual(['three'])
    })

    it('cut into pages that together are everything once, in every order', async () => {
      await using opened = await open()
      const { store } = opened
      await fill(store)
      // Many runs of the same moment: only the number decides between them.
      await store.append(
        'main',
        batch(
          Array.from({ length: 40 }, (_, at) =>
            runEvents({ runId: `same-${at}`, end: at % 2 === 0 ? 'none' : 'run_completed' }),
          ).flat(),
        ),
      )
      for (const sort of ['-started', 'started', '-ended', 'ended', '-took', 'took', '-amount', 'amount']) {
        const query = ask(`sort:${sort}`)
        const whole = (await store.runs('main', { query, nowMs, limit: 200 })).rows.map(({ runId }) => runId)
        expect(new Set(whole).size).toBe(44)
        expect((await allPages(store, query, 7)).map(({ runId }) => runId)).toEqual(whole)
      }
    })

    it('do not repeat or lose a row while new runs arrive', async () => {
      await using opened = await open()
      const { store } = opened
      await fill(store)
      const query = ask('')
      const first = await store.runs('main', { query, nowMs, limit: 2 })
      await store.append('main', batch(runEvents({ runId: 'newer', startedMs: testMs + 500_000 })))
      const second = await store.runs('main', { query, nowMs, limit: 2, cursor: first.next ?? '' })
      expect([...first.rows, ...second.rows].map(({ runId }) => runId)).toEqual([
        'open',
        'triage',
        'refund-blocked',
        'refund-done',
      ])
      expect(second.next).toBeUndefined()
    })

    it('refuse cursors of another list, another order, or of nobody', async () => {
      await using opened = await open()
      const { store } = opened
      await fill(store)
      const { next } = await store.runs('main', { query: ask(''), nowMs, limit: 1 })
      const refused = { code: 'cursor_invalid' }
      await expect(
        store.runs('main', { query: ask('sort:-took'), nowMs, limit: 1, cursor: next ?? '' }),
      ).rejects.toMatchObject(refused)
      await expect(
        store.actions('main', { query: ask(''), nowMs, limit: 1, cursor: next ?? '' }),
      ).rejects.toMatchObject(refused)
      for (const cursor of ['', 'x', '%', 'bnVsbA', 'WzFd', `${next}x`.repeat(50)]) {
        await expect(store.runs('main', { query: ask(''), nowMs, limit: 1, cursor })).rejects.toMatchObject(refused)
      }
    })

    it('count values for facets as if the filter on the key itself were not there', async () => {
      await using opened = await open()
      const { store } = opened
      await fill(store)
      const facets = await store.facets('main', {
        query: ask('environment:production workflow:refunds'),
        nowMs,
        keys: ['environment', 'workflow', 'outcome', 'action', 'tool', 'order', 'customer'],
      })
      const seen = Object.fromEntries(
        facets.map(({ key, values }) => [key, values.map(({ value, count }) => [value, count])]),
      )
      expect(facets.flatMap(({ values }) => values).every(({ exact }) => exact)).toBe(true)
      expect(facets.map(({ counted }) => counted)).toEqual(facets.map(() => 2))
      expect(seen).toEqual({
        environment: [['production', 2]],
        workflow: [['refunds', 2]],
        outcome: [
          ['blocked', 1],
          ['unconfirmed', 1],
        ],
        action: [
          ['refund.create', 2],
          ['email.send', 1],
        ],
        tool: [
          ['stripe', 1],
          [null, 1],
        ],
        order: [
          ['5513', 1],
          [null, 1],
        ],
        customer: [
          ['Acme, Inc.', 1],
          ['acme', 1],
        ],
      })
      const [workflow] = await store.facets('main', { query: ask('workflow:refunds'), nowMs, keys: ['workflow'] })
      expect(workflow?.values.map(({ value, count }) => [value, count])).toEqual([
        ['refunds', 2],
        ['triage', 1],
        [null, 1],
      ])
      const inherited = await store.facets('main', { query: ask(''), nowMs, keys: ['constructor', '__proto__'] })
      expect(inherited.map(({ key, values }) => [key, values.map(({ value }) => value)])).toEqual([
        ['constructor', [null]],
        ['__proto__', [null]],
      ])
      expect(await store.attributeKeys('main')).toEqual(['amount_minor', 'currency', 'note', 'order'])
    })
  })
}

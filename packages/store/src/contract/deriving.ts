import { emptyQuery } from '@counterfoil/schema/query'
import { assert, asyncProperty, integer, shuffledSubarray } from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { EventStore } from '../event-store.ts'
import type { AppendContext, PreparedEvent } from '../prepared-event.ts'
import type { ActionRow, RunRow } from '../projection/rows.ts'
import { ask } from './asking.ts'
import { batch, prepare, runEvents, testMs, type Fields } from './events.ts'
import type { OpenStore } from './open-store.ts'
import { checkHead } from './proving.ts'
import { acks } from './writing.ts'

const story = {
  runId: 'r1',
  created: {
    workflow: { name: 'refunds', version: '4' },
    customer_id: 'acme',
    trigger: { type: 'event' },
    model: { name: 'm1' },
  },
  actions: [
    {
      id: 'a1',
      type: 'refund.create',
      effect: 'financial',
      target: ['order', 'W1'],
      attributes: { amount_minor: 100 },
      more: { reason_code: 'late' },
    },
    {
      id: 'a2',
      type: 'email.send',
      effect: 'communicate',
      end: ['tool_completed', { result: 'failure', tool: { name: 'smtp' } }],
    },
    {
      id: 'a1',
      type: 'refund.other',
      effect: 'write',
      end: [
        'validation_failed',
        { check: { name: 'amount_limit', verdict: 'deny', enforced: 'blocked', rule_id: 'over_200' } },
      ],
    },
  ],
} as const

const keyOf = (keyId: string, role: AppendContext['role']): AppendContext => ({
  keyId,
  role,
  assurance: 'authenticated',
})
const ownKey = keyOf('k_own', 'run')
const foreignKey = keyOf('k_foreign', 'run')
const policyKey = keyOf('p_limits', 'policy')

const ofRun = (fields: Fields, key: AppendContext): [PreparedEvent, AppendContext] => [
  prepare({ run_id: 'r1', ...fields }),
  key,
]

const strip = ({ firstIndex: _first, lastIndex: _last, ...row }: RunRow | ActionRow): unknown => row

/** What a run looks like without what says when and where its events arrived. */
function derived(found: { run: RunRow; actions: readonly ActionRow[] } | undefined): unknown {
  if (found === undefined) return undefined
  return { run: strip(found.run), actions: new Map(found.actions.map((action) => [action.actionId, strip(action)])) }
}

async function rowsOf(store: EventStore, log: string): Promise<unknown> {
  const { rows: runs } = await store.runs(log, { query: emptyQuery, nowMs: testMs, limit: 200 })
  const { rows: actions } = await store.actions(log, { query: emptyQuery, nowMs: testMs, limit: 200 })
  return { runs, actions }
}

export function describeDeriving(open: OpenStore): void {
  describe('runs and actions', () => {
    it('follow from the set of their events, whatever order and batches these come in', async () => {
      await using opened = await open()
      const { store } = opened
      const events = runEvents(story)
      let logs = 0
      const derive = async (batches: readonly (readonly PreparedEvent[])[]): Promise<unknown> => {
        logs += 1
        const log = `log-${logs}`
        await store.createLog(log)
        for (const part of batches) acks(await store.append(log, batch(part)))
        return derived(await store.run(log, 'r1'))
      }
      const usual = await derive([events])
      expect(usual).toMatchObject({ run: { status: 'completed', outcome: 'failed', workflow: 'refunds' } })
      const shuffled = shuffledSubarray(events, { minLength: events.length })
      await assert(
        asyncProperty(shuffled, integer({ min: 1, max: events.length }), async (order, size) => {
          const batches = Array.from({ length: Math.ceil(order.length / size) }, (_, at) =>
            order.slice(at * size, (at + 1) * size),
          )
          expect(await derive(batches)).toEqual(usual)
        }),
        { numRuns: 25 },
      )
    })

    it('and what can be searched of a run too, also when several keys speak of it before its owner does', async () => {
      await using opened = await open()
      const { store } = opened
      const action = { id: 'a1', type: 'refund.create', effect_class: 'financial' }
      const check = { name: 'limit', verdict: 'allow', enforced: 'allowed', rule_id: 'small' }
      const said = [
        ofRun({ event_type: 'run_created', run_seq: 0, prompt_ref: 'begin@1', workflow: { name: 'w' } }, ownKey),
        ofRun({ event_type: 'input_resolved', run_seq: 1, prompt_ref: 'triage@7' }, ownKey),
        ofRun({ event_type: 'retrieval_completed', run_seq: 2, tool: { name: 'shelf' }, prompt_ref: 'both@1' }, ownKey),
        ofRun({ event_type: 'decision_proposed', run_seq: 3, action, trace_id: 'a'.repeat(32) }, ownKey),
        ofRun({ event_type: 'validation_passed', run_seq: 4, action, check, policy_ref: 'limits@3' }, policyKey),
        ofRun({ event_type: 'input_resolved', run_seq: 1, prompt_ref: 'planted@1' }, foreignKey),
        ofRun({ event_type: 'retrieval_completed', run_seq: 2, tool: { name: 'planted' } }, foreignKey),
        ofRun({ event_type: 'input_resolved', run_seq: 3, prompt_ref: 'both@1' }, foreignKey),
      ]
      const asked = [
        'prompt:begin@1',
        'prompt:triage@7',
        'prompt:both@1',
        'tool:shelf',
        `trace:${'a'.repeat(32)}`,
        'policy:limits@3',
        'check:limit',
        'rule:small',
        'prompt:planted@1',
        'tool:planted',
      ]
      let logs = 0
      await assert(
        asyncProperty(shuffledSubarray(said, { minLength: said.length }), async (order) => {
          logs += 1
          const log = `log-${logs}`
          await store.createLog(log)
          for (const [event, context] of order) acks(await store.append(log, batch([event], { context })))
          const found: string[] = []
          for (const text of asked) {
            const { rows } = await store.runs(log, { query: ask(text), nowMs: testMs, limit: 10 })
            if (rows.length > 0) found.push(text)
          }
          expect(found).toEqual(asked.slice(0, -2))
          expect((await store.compareProjections(log)).differences).toEqual([])
        }),
        { numRuns: 12 },
      )
    })

    it('are not changed by a key that does not own the run: what it says is stored and flagged', async () => {
      await using opened = await open()
      const { store } = opened
      await store.createLog('main')
      const action = { id: 'a1', type: 'refund.create', effect_class: 'financial' }
      await store.append('main', batch(runEvents({ runId: 'r1' }), { context: ownKey }))
      const before = (await store.run('main', 'r1'))?.run
      const foreign = prepare({
        event_type: 'side_effect_unknown',
        run_id: 'r1',
        run_seq: 0,
        action,
        effect: { status: 'unknown' },
      })
      acks(await store.append('main', batch([foreign], { context: foreignKey })))
      const after = await store.run('main', 'r1')
      expect(after?.run).toEqual({ ...before, events: 3, lastIndex: 2, flags: ['foreign_events'] })
      expect(after?.actions).toMatchObject([{ actionId: 'a1', keyId: foreignKey.keyId, outcome: 'unconfirmed' }])
      const { rows } = await store.runs('main', { query: ask('outcome:unconfirmed'), nowMs: testMs, limit: 10 })
      expect(rows).toEqual([])
    })

    it('are the same after a rebuild, and the comparison finds nothing', async () => {
      await using opened = await open()
      const { store } = opened
      await store.createLog('main')
      for (let at = 0; at < 5; at += 1) {
        for (const event of runEvents({
          ...story,
          runId: `r${at}`,
          actions: story.actions.map((action) => ({ ...action, id: `${action.id}-${at}` })),
        })) {
          await store.append('main', batch([event]))
        }
      }
      await store.erase('main', { runId: 'r3', actorId: 'u', reasonCode: 'gdpr' })
      const before = await rowsOf(store, 'main')
      expect((await store.compareProjections('main')).differences).toEqual([])
      const { size } = await store.head('main')
      expect(await store.rebuild('main')).toEqual({ events: size })
      expect(await rowsOf(store, 'main')).toEqual(before)
      const { compared, differences } = await store.compareProjections('main')
      expect(differences).toEqual([])
      expect(compared).toBeGreaterThanOrEqual(5)
      await store.append('main', batch(runEvents({ runId: 'after' })))
      expect((await store.run('main', 'after'))?.run.status).toBe('completed')
    })
  })

  describe('logs', () => {
    it('see nothing of each other', async () => {
      await using opened = await open()
      const { store } = opened
      const infos = [await store.createLog('one'), await store.createLog('two')]
      expect(infos[0]?.vkey).not.toBe(infos[1]?.vkey)
      const event = prepare({ event_type: 'run_created', run_id: 'r1', run_seq: 0, attributes: { secret: 'x' } })
      await store.append('one', batch([event]))
      expect((await store.head('two')).size).toBe(0)
      expect(await store.eventById('two', JSON.parse(event.envelope).event_id as string)).toBeUndefined()
      expect(await store.events('two', 0, 10)).toEqual([])
      expect(await store.runEvents('two', 'r1')).toEqual([])
      expect(await store.run('two', 'r1')).toBeUndefined()
      expect((await store.runs('two', { query: emptyQuery, nowMs: testMs, limit: 10 })).rows).toEqual([])
      expect(await store.attributeKeys('two')).toEqual([])
      // The same event is new in another log.
      expect(acks(await store.append('two', batch([event])))[0]).toMatchObject({ status: 'stored', index: 0 })
      expect((await store.logs()).map(({ log }) => log).toSorted()).toEqual(['one', 'two'])
    })

    it('are refused under names that are taken, unknown or unfit', async () => {
      await using opened = await open()
      const { store } = opened
      const { origin } = await store.createLog('main')
      await expect(store.createLog('main')).rejects.toMatchObject({ code: 'log_exists' })
      await expect(store.createLog('twin', { origin })).rejects.toMatchObject({ code: 'log_exists' })
      await expect(store.append('other', batch([]))).rejects.toMatchObject({ code: 'log_unknown' })
      await expect(store.head('other')).rejects.toMatchObject({ code: 'log_unknown' })
      for (const name of ['', '../up', 'A', 'a b', '-x', 'x'.repeat(64)]) {
        await expect(store.createLog(name)).rejects.toMatchObject({ code: 'log_name_invalid' })
      }
      await expect(store.createLog('fine', { origin: 'has space' })).rejects.toMatchObject({ code: 'log_name_invalid' })
      expect((await store.logs()).map(({ log }) => log)).toEqual(['main'])
    })

    it('hold what is hostile as what it is', async () => {
      await using opened = await open()
      const { store } = opened
      const info = await store.createLog('main')
      const names = [
        "r'; DROP TABLE run; --",
        '__proto__',
        'constructor',
        'toString',
        'hasOwnProperty',
        '%',
        '_',
        '*',
        '"',
        '\\',
        'null',
        '../../etc/passwd',
        '$1',
        '?',
        '<script>',
        'x'.repeat(128),
      ]
      for (const [at, name] of names.entries()) {
        const action = { id: `a-${name}`.slice(0, 128), type: name, effect_class: 'write' }
        const common = { run_id: name, target: { type: name, id: name }, reason_code: name }
        await store.append(
          'main',
          batch([
            prepare({
              event_type: 'run_created',
              run_id: name,
              run_seq: 0,
              customer_id: name,
              workflow: { name },
              attributes: { constructor: name, order: at },
            }),
            prepare({ event_type: 'decision_proposed', ...common, run_seq: 1, action }),
            prepare({
              event_type: 'validation_failed',
              ...common,
              run_seq: 2,
              action,
              check: { name, verdict: 'deny', enforced: 'blocked', rule_id: name },
            }),
            prepare({
              event_type: 'validation_failed',
              ...common,
              run_seq: 3,
              action,
              check: { name, verdict: 'allow', enforced: 'allowed' },
            }),
          ]),
        )
      }
      for (const name of names) {
        const found = await store.run('main', name)
        expect(found?.run).toMatchObject({ runId: name, customerId: name })
        expect(found?.actions[0]?.checks).toEqual([{ name, verdict: 'allow', enforced: 'allowed' }])
        expect((await store.runEvents('main', name)).length).toBe(4)
        for (const key of ['customer', 'workflow', 'run', 'action', 'target', 'check', 'rule', 'reason']) {
          const query = ask(`${key}:"${name.replaceAll(/["\\]/gu, String.raw`\$&`)}"`)
          const { rows } = await store.runs('main', { query, nowMs: testMs, limit: 10 })
          expect([key, ...rows.map(({ runId }) => runId)]).toEqual([key, name])
        }
        await store.runs('main', {
          query: ask(`"${name.replaceAll(/["\\]/gu, String.raw`\$&`)}"`),
          nowMs: testMs,
          limit: 10,
        })
      }
      expect(await store.runIdsByPrefix('main', '%', 10)).toEqual(['%'])
      await checkHead(store, info, names.length * 4)
    })
  })

  describe('what is acknowledged', () => {
    it('is there after closing and opening again', async () => {
      await using opened = await open()
      const { store, reopen } = opened
      if (reopen === undefined) return
      const info = await store.createLog('main')
      const events = runEvents(story)
      const first = acks(await store.append('main', batch(events)))
      const rows = await rowsOf(store, 'main')
      const again = await reopen()
      expect(await again.logs()).toEqual([info])
      expect(await rowsOf(again, 'main')).toEqual(rows)
      expect(acks(await again.append('main', batch(events)))).toEqual(
        first.map((ack) => ({ ...ack, status: 'duplicate' })),
      )
      acks(await again.append('main', batch(runEvents({ runId: 'r9' }))))
      await checkHead(again, info, events.length + 2)
      expect((await again.compareProjections('main')).differences).toEqual([])
    })
  })
}

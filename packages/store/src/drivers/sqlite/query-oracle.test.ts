import { parseQuery, type Query } from '@counterfoil/schema/query'
import {
  array,
  assert,
  constantFrom,
  gen,
  integer,
  letrec,
  oneof,
  property,
  tuple,
  type Arbitrary,
  type GeneratorValue,
} from 'fast-check'
import { DatabaseSync } from 'node:sqlite'
import { describe, expect, it } from 'vitest'
import type { LeafEvent } from '../../projection/leaf.ts'
import { Projector } from '../../projection/projector.ts'
import { memoryActions, memoryCount, memoryFacets, memoryRuns } from '../memory/memory-query.ts'
import { MemoryRows } from '../memory/memory-rows.ts'
import { splitWords } from '../memory/memory-text.ts'
import { migrate } from './migrate.ts'
import { ProjectionTable } from './projection-table.ts'
import type { TextMatches } from './query-context.ts'
import { facetRuns } from './query-facets.ts'
import { attributeKeys, countRuns, queryActions, queryRuns } from './query-runs.ts'

const nowMs = Date.parse('2026-11-20T12:00:00Z')
const words = ['wire', 'transfer', 'Äpfel', 'free shipping', 'c++', "it's", '100%', 'x_y']
const names: readonly [string, ...string[]] = ['a', 'b', 'a.b', 'a.b.c', 'B', 'é', 'a%', 'a_b']

/** The two sides: tables with the SQL over them, and rows that are looked at one by one. */
interface Sides {
  readonly database: DatabaseSync
  readonly rows: MemoryRows
  readonly textMatches: TextMatches
}

function makeEvents(g: GeneratorValue): LeafEvent[] {
  const pick = <T>(values: readonly [T, ...T[]]): T =>
    values[g(integer, { min: 0, max: values.length - 1 })] ?? values[0]
  const maybe = <T>(make: () => T): T | undefined => (pick([true, false]) ? make() : undefined)
  const events: LeafEvent[] = []
  const add = (fields: Readonly<Record<string, unknown>>, ms: number): void => {
    const index = events.length
    const event = {
      event_id: `e-${index}`,
      event_type: 'run_created',
      index,
      recorded_at: new Date(nowMs).toISOString(),
      key_id: 'k',
      assurance: pick(['claimed', 'inferred', 'authenticated']),
      time_quality: 'ok',
      run_seq: index,
      occurred_at: new Date(nowMs - ms).toISOString(),
      ...fields,
    }
    events.push(JSON.parse(JSON.stringify(event)) as LeafEvent)
  }
  const runs = g(integer, { min: 1, max: 12 })
  for (let run = 0; run < runs; run += 1) {
    const run_id = `r${run}`
    const ago = pick([0, 1_000, 3_600_000, 90_000_000, 90_000_000])
    const attributes = (): LeafEvent['attributes'] =>
      maybe(() => ({
        [pick(['order', 'note'])]: pick<string | number>(['5', 5, 17, '9.50', '-3', 'x5', '5.', '1.2.3', ...names]),
        ...maybe(() => ({
          amount_minor: pick<string | number>([500, 1_999, '19.99', '500', 'nope']),
          currency: pick(['EUR', 'usd']),
        })),
      }))
    add(
      {
        run_id,
        workflow: maybe(() => ({ name: pick(names), ...maybe(() => ({ version: pick(['1', '1.2', '2']) })) })),
        customer_id: maybe(() => pick(names)),
        environment: maybe(() => pick(['production', 'staging'])),
        trigger: maybe(() => ({ type: pick(['user', 'event']) })),
        actor: maybe(() => ({ type: pick(['agent', 'human']), id: pick(names) })),
        model: maybe(() => ({ name: pick(names) })),
        session_id: maybe(() => pick(names)),
        parent_run_id: maybe(() => pick(['r0', 'r1'])),
        prompt_ref: maybe(() => pick(['p@1', 'p@2'])),
        attributes: attributes(),
      },
      ago,
    )
    for (let left = g(integer, { min: 0, max: 4 }); left > 0; left -= 1) {
      const action = { id: `a${run}-${left}`, type: pick(names), effect_class: pick(['read', 'write', 'financial']) }
      const extra = {
        reason_code: maybe(() => pick(names)),
        confidence: maybe(() => pick(['low', 'high'])),
        tool: maybe(() => ({ name: pick(names) })),
      }
      add(
        {
          event_type: pick(['decision_proposed', 'tool_called']),
          run_id,
          action,
          target: maybe(() => ({ type: pick(['order', 'a']), id: pick(names) })),
          also_affects: maybe(() => [{ type: 'order', id: pick(names) }]),
          attributes: attributes(),
          ...extra,
        },
        ago - left,
      )
      if (pick([true, false])) {
        add(
          {
            event_type: pick(['validation_failed', 'validation_passed']),
            run_id,
            action,
            check: {
              name: pick(names),
              verdict: 'deny',
              enforced: pick(['blocked', 'held', 'allowed']),
              rule_id: pick(names),
              policy_version: pick(['1', '2']),
            },
          },
          ago - left,
        )
      }
      if (pick([true, false]))
        add(
          {
            event_type: pick([
              'side_effect_applied',
              'side_effect_unknown',
              'approval_requested',
              'approval_granted',
              'decision_overridden',
            ]),
            run_id,
            action,
            actor: { type: 'human', id: pick(names) },
            effect: { status: 'applied', external_ref: pick(names) },
          },
          ago - left,
        )
    }
    if (pick([true, false])) add({ event_type: 'tool_called', run_id, tool: { name: pick(names) } }, ago)
    if (pick([true, false])) add({ event_type: pick(['run_completed', 'run_failed']), run_id }, ago - pick([10, 5_000]))
  }
  return events
}

function makeSides(events: readonly LeafEvent[], texts: readonly (readonly [part: string, text: string])[]): Sides {
  const database = new DatabaseSync(':memory:')
  migrate(database, '')
  database.exec(
    `CREATE VIRTUAL TABLE body USING fts5 (proposal, input, result, message, other, tokenize = "unicode61 remove_diacritics 2")`,
  )
  const table = new ProjectionTable(database)
  const rows = new MemoryRows()
  for (const target of [table, rows]) {
    const projector = new Projector(target)
    for (const event of events) projector.apply(structuredClone(event))
    target.write(projector.changes())
  }
  const runs = [...rows.runs.values()]
  for (const [at, [part, text]] of texts.entries()) {
    const run = runs[at % runs.length]
    if (run === undefined) break
    run.texts.push({ index: at, part, words: splitWords(text) })
    database.prepare(`INSERT INTO body (rowid, ${part}) VALUES (?, ?)`).run(run.pk * 1_000 + at, text)
  }
  const textMatches: TextMatches = (expression) => ({
    runs: database
      .prepare('SELECT DISTINCT rowid / 1000 AS run FROM body WHERE body MATCH ?')
      .all(expression)
      .map((row) => Number(row['run'])),
    complete: true,
  })
  return { database, rows, textMatches }
}

const nameValues = constantFrom(...names.map((name) => `"${name}"`), 'a*', '"a."*', '*', 'none', 'zzz', '"a",b')
const byKey: Readonly<Record<string, Arbitrary<string>>> = {
  outcome: constantFrom('done', 'running', 'blocked', 'failed,unconfirmed', 'waiting'),
  status: constantFrom('running', 'completed,failed', 'failed'),
  is: constantFrom('open', 'imported', 'erased'),
  has: constantFrom(
    'proposal',
    'check',
    'approval',
    'edit',
    'effect',
    'trigger',
    'error',
    'unrecorded',
    'gap',
    'late',
    'effect,context',
  ),
  type: constantFrom('run_failed', 'side_effect_*', 'approval_*', 'tool_called,run_completed'),
  trigger: constantFrom('user', 'event,none'),
  took: constantFrom('none', '>1s', '<=5s', '1s..10s'),
  after: constantFrom('-1h', 'yesterday', '2026'),
  before: constantFrom('now', 'today'),
  on: constantFrom('today', '-2d..-1h'),
  actor: constantFrom('human', 'agent', 'a', 'a*', 'none', 'B,é'),
  run: constantFrom('r1', 'r*', 'r1,r2'),
  workflow: constantFrom('a', 'a@1', '"a.b"@1', 'a*', 'none', '"a@1."*', '"a.b@1"'),
  effect: constantFrom('financial', 'read,write'),
  target: constantFrom('a', 'order:a', 'order:*', 'a:*', 'none', 'order:a*', 'zzz', '"order:a.b",B', '*'),
  rule: constantFrom('a', 'a@1', '"a."*', 'none', '"a.b.c@2"'),
  approval: constantFrom('granted', 'requested,none'),
  confidence: constantFrom('low', 'none'),
  amount: constantFrom('none', '>=500', '19.99', '500eur', '>1usd', '19..500', '<500eur', '>=5'),
  order: constantFrom('5', '>4', '<=9.5', '5..17', 'none', 'x*', '*', '"5."', '"9.50"', '<0'),
  note: constantFrom('a', 'none', '"a%"', '>5', '"a_"*'),
  prompt: constantFrom('p@1', 'p@*', 'none'),
}
const nameKeys = [
  'version',
  'environment',
  'customer',
  'session',
  'parent',
  'model',
  'action',
  'check',
  'approver',
  'tool',
  'reason',
  'ref',
  'correlation',
  'action_id',
]
const keys = constantFrom(...Object.keys(byKey), ...nameKeys)
const filters = keys.chain((key) =>
  (
    byKey[key] ??
    (['action', 'correlation', 'action_id'].includes(key)
      ? constantFrom('a', '"a."*', 'a,B', '*', '"a1-1"')
      : nameValues)
  ).map((value) => `${key}:${value}`),
)
const texts = constantFrom(
  'wire',
  'transfer',
  '"wire transfer"',
  'apfel',
  'in:proposal wire',
  'in:input,other free shipping',
  '"c"',
  '"***"',
)
const { query: queries } = letrec<{ query: string }>((tie) => ({
  query: oneof(
    { depthSize: 'small', withCrossShrink: true },
    filters,
    filters,
    texts,
    filters.map((filter) => `-${filter}`),
    tuple(tie('query'), tie('query')).map(([a, b]) => `${a} ${b}`),
    tuple(tie('query'), tie('query')).map(([a, b]) => `(${a}) OR (${b})`),
    tie('query').map((query) => `-(${query})`),
    tuple(filters, filters, filters).map((all) => all.join(' ')),
  ),
}))
const sorts = constantFrom(
  '',
  'sort:started ',
  'sort:-ended ',
  'sort:ended ',
  'sort:-took ',
  'sort:took ',
  'sort:-amount ',
  'sort:amount ',
)
const facetKeys = [
  'outcome',
  'status',
  'customer',
  'action',
  'effect',
  'tool',
  'check',
  'target',
  'actor',
  'type',
  'approver',
  'nothing',
]

function parse(text: string): Query | undefined {
  const { ast, problems } = parseQuery(text, { attributeKeys: new Set(['order', 'note']) })
  return problems.length === 0 ? ast : undefined
}

type Ask = (limit: number, cursor?: string) => { readonly rows: readonly object[]; readonly next?: string }

function pagesOf(ask: Ask, limit: number): readonly object[] {
  const rows: object[] = []
  for (let page = ask(limit); ; page = ask(limit, page.next)) {
    rows.push(...page.rows)
    if (page.next === undefined || rows.length > 1_000) return rows
  }
}

describe('SQL over the projections', () => {
  it('finds, orders, pages and counts what looking at every row finds', () => {
    let compared = 0
    let found = 0
    const stories = gen().map((g) => makeEvents(g))
    const bodies = array(
      tuple(
        constantFrom('proposal', 'input', 'result', 'message', 'other'),
        array(constantFrom(...words), { minLength: 1, maxLength: 4 }).map((list) => list.join(' ')),
      ),
      { maxLength: 12 },
    )
    assert(
      property(
        stories,
        bodies,
        array(tuple(sorts, queries), { minLength: 8, maxLength: 16 }),
        constantFrom(0, 3, 20_000),
        integer({ min: 1, max: 5 }),
        constantFrom(1, 2, 500),
        (events, bodyTexts, texts, candidatesMax, limit, pieceRows) => {
          const { database, rows, textMatches } = makeSides(events, bodyTexts)
          using closing = { [Symbol.dispose]: () => database.close() }
          expect(closing).toBeDefined()
          const runs = [...rows.runs.values()]
          for (const [sort, text] of texts) {
            const query = parse(sort + (sort === '' ? text : `(${text})`))
            if (query === undefined) continue
            const patience = { timeMsMax: 60_000, pieceRows }
            const request = { query, nowMs, textMatches, candidatesMax, patience, countPatience: patience }
            const page = (limit: number, cursor?: string) => ({
              ...request,
              limit,
              ...(cursor !== undefined && { cursor }),
            })
            const all = memoryRuns(runs, page(1_000)).rows
            compared += 1
            found += all.length > 0 && all.length < runs.length ? 1 : 0
            expect([text, queryRuns(database, page(1_000)).rows]).toEqual([text, all])
            expect([text, pagesOf((size, cursor) => queryRuns(database, page(size, cursor)), limit)]).toEqual([
              text,
              all,
            ])
            expect([text, pagesOf((size, cursor) => memoryRuns(runs, page(size, cursor)), limit)]).toEqual([text, all])
            const actions = memoryActions(runs, page(1_000)).rows
            expect([text, queryActions(database, page(1_000)).rows]).toEqual([text, actions])
            expect([text, pagesOf((size, cursor) => queryActions(database, page(size, cursor)), limit)]).toEqual([
              text,
              actions,
            ])
            expect([text, countRuns(database, request)]).toEqual([text, memoryCount(runs, request)])
            expect([text, facetRuns(database, { ...request, keys: facetKeys })]).toEqual([
              text,
              memoryFacets(runs, { ...request, keys: facetKeys }),
            ])
          }
          expect(attributeKeys(database)).toEqual(
            [
              ...new Set(
                runs.flatMap((run) =>
                  [...run.terms.values()].flatMap(({ key }) => (key.startsWith('attr:') ? [key.slice(5)] : [])),
                ),
              ),
            ].toSorted(),
          )
        },
      ),
      { numRuns: 150 },
    )
    // The comparison is worth something only when queries neither find nothing nor everything.
    expect(compared).toBeGreaterThan(600)
    expect(found).toBeGreaterThan(compared / 10)
  })

  it('gives lower bounds, and says so, when there is no time', () => {
    let bounded = 0
    assert(
      property(
        gen().map((g) => makeEvents(g)),
        array(queries, { minLength: 8, maxLength: 16 }),
        constantFrom(0, 3, 20_000),
        constantFrom(0, 60_000),
        (events, texts, candidatesMax, sampleMs) => {
          const { database, rows, textMatches } = makeSides(events, [])
          using closing = { [Symbol.dispose]: () => database.close() }
          expect(closing).toBeDefined()
          const runs = [...rows.runs.values()]
          const patience = { timeMsMax: 0, pieceRows: 1 }
          for (const text of texts) {
            const query = parse(text)
            if (query === undefined) continue
            const request = { query, nowMs, textMatches, candidatesMax, patience, countPatience: patience }
            const truth = memoryCount(runs, request)
            const { count, exact, bound } = countRuns(database, request)
            if (exact) expect([text, count, bound]).toEqual([text, truth.count, undefined])
            else expect([text, bound, count <= truth.count]).toEqual([text, 'time', true])
            bounded += exact ? 0 : 1
            const asked = { ...request, keys: facetKeys, patience: { ...patience, timeMsMax: sampleMs } }
            const whole = memoryFacets(runs, asked)
            for (const [at, { key, counted, values }] of facetRuns(database, asked).entries()) {
              const all = new Map(whole[at]?.values.map((value) => [value.value, value.count]))
              expect([text, key, counted <= (whole[at]?.counted ?? 0)]).toEqual([text, key, true])
              for (const one of values) {
                // Beyond the eight most frequent values a cut one may come in, in the place of one that was not seen.
                const most = all.get(one.value) ?? counted
                expect([text, key, one.exact ? one.count === most : one.count <= most]).toEqual([text, key, true])
              }
              if (counted < (whole[at]?.counted ?? 0)) expect(values.some((one) => one.exact)).toBe(false)
            }
          }
        },
      ),
      { numRuns: 60 },
    )
    expect(bounded).toBeGreaterThan(20)
  })

  it('counts runs of which one action has everything, whichever index is walked', () => {
    const events: Record<string, unknown>[] = []
    const add = (run: string, fields: Record<string, unknown>): void => {
      const index = events.length
      const action = { type: 'a', effect_class: 'write' }
      events.push({
        event_id: `e-${index}`,
        index,
        run_id: run,
        run_seq: index,
        recorded_at: new Date(nowMs).toISOString(),
        key_id: 'k',
        assurance: 'authenticated',
        time_quality: 'ok',
        ...fields,
        ...(fields['action'] !== undefined && { action: { ...action, id: fields['action'] } }),
      })
    }
    for (let run = 0; run < 8; run += 1) {
      add(`r${run}`, { event_type: 'run_created' })
      for (const action of ['x', 'y']) {
        const id = `${action}${run}`
        const tool = run === 3 && action === 'x' ? { tool: { name: 'rare' } } : {}
        add(`r${run}`, { event_type: 'decision_proposed', action: id, ...tool })
        const isSure = action === 'x'
        add(`r${run}`, {
          event_type: isSure ? 'side_effect_applied' : 'side_effect_unknown',
          action: id,
          effect: { status: isSure ? 'applied' : 'unknown' },
        })
      }
    }
    const { database, textMatches } = makeSides(events as unknown as LeafEvent[], [])
    using closing = { [Symbol.dispose]: () => database.close() }
    expect(closing).toBeDefined()
    const count = (text: string): number =>
      countRuns(database, { query: parse(text) ?? parseQuery('').ast, nowMs, textMatches, candidatesMax: 0 }).count
    // The run as a whole is unconfirmed; only the action with the tool is done.
    expect(count('tool:rare outcome:done')).toBe(1)
    expect(count('tool:rare outcome:unconfirmed')).toBe(0)
    expect(count('tool:rare')).toBe(1)
    expect(count('outcome:done action:a')).toBe(8)
  })

  it('finds with a negation exactly what the query itself does not find', () => {
    assert(
      property(
        gen().map((g) => makeEvents(g)),
        array(queries, { minLength: 5, maxLength: 10 }),
        (events, texts) => {
          const { database, rows, textMatches } = makeSides(events, [])
          using closing = { [Symbol.dispose]: () => database.close() }
          expect(closing).toBeDefined()
          for (const text of texts) {
            const [query, opposite] = [parse(text), parse(`-(${text})`)]
            if (query === undefined || opposite === undefined) continue
            const ids = [query, opposite].flatMap((one) =>
              queryRuns(database, { query: one, nowMs, textMatches, limit: 1_000 }).rows.map(({ runId }) => runId),
            )
            expect([text, ids.toSorted()]).toEqual([text, [...rows.runs.keys()].toSorted()])
          }
        },
      ),
      { numRuns: 60 },
    )
  })
})

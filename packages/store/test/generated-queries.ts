import { parseQuery, type Query } from '@counterfoil/schema/query'
import { constantFrom, integer, letrec, oneof, tuple, type Arbitrary, type GeneratorValue } from 'fast-check'
import { DatabaseSync } from 'node:sqlite'
import { MemoryRows } from '../src/drivers/memory/memory-rows.ts'
import { splitWords } from '../src/drivers/memory/memory-text.ts'
import { migrate } from '../src/drivers/sqlite/migrate.ts'
import { ProjectionTable } from '../src/drivers/sqlite/projection-table.ts'
import type { TextMatches } from '../src/drivers/sqlite/query-context.ts'
import type { LeafEvent } from '../src/projection/leaf.ts'
import { Projector } from '../src/projection/projector.ts'

/** The moment at which queries are asked. */
export const nowMs = Date.parse('2026-11-20T12:00:00Z')
/** What texts are made of. */
export const words = ['wire', 'transfer', 'Äpfel', 'free shipping', 'c++', "it's", '100%', 'x_y']
const names: readonly [string, ...string[]] = ['a', 'b', 'a.b', 'a.b.c', 'B', 'é', 'a%', 'a_b']

/** The two sides: tables with the SQL over them, and rows that are looked at one by one. */
export interface Sides {
  readonly database: DatabaseSync
  readonly rows: MemoryRows
  readonly textMatches: TextMatches
}

/** Runs with actions, of few names, so that queries meet them. */
export function makeEvents(g: GeneratorValue): LeafEvent[] {
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
          actor: maybe(() => ({ type: pick(['agent', 'human', 'system']), id: pick(names) })),
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

/** @param texts each the text of one event, by the part of its payload */
export function makeSides(
  events: readonly LeafEvent[],
  texts: readonly (readonly [part: string, text: string])[],
): Sides {
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
/** Queries that are often understood. */
export const { query: queries } = letrec<{ query: string }>((tie) => ({
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
/** Orders, as a query begins with them. */
export const sorts = constantFrom(
  '',
  'sort:started ',
  'sort:-ended ',
  'sort:ended ',
  'sort:-took ',
  'sort:took ',
  'sort:-amount ',
  'sort:amount ',
)
/** Keys of every kind that a facet counts, and one that nothing has. */
export const facetKeys = [
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

/** Undefined for a text with problems. */
export function parse(text: string): Query | undefined {
  const { ast, problems } = parseQuery(text, { attributeKeys: new Set(['order', 'note']) })
  return problems.length === 0 ? ast : undefined
}

import type { Query } from '@counterfoil/schema/query'
import { limits } from '@counterfoil/schema'
import type { DatabaseSync } from 'node:sqlite'
import type { RunCount } from '../../event-store.ts'
import type { ActionRow, RunRow } from '../../projection/rows.ts'
import { binds, conditionOf, conjuncts, type Condition } from '../../query/condition.ts'
import { decodeCursor, encodeCursor, type Position } from '../../query/cursor.ts'
import { listOrder, type ListOrder } from '../../query/sort-order.ts'
import { createMatchContext, type TextMatches } from './query-context.ts'
import { findRuns, patienceForCounts, type Patience } from './query-found.ts'
import type { MatchContext } from './query-match.ts'
import type { List } from './query-plan.ts'
import { selectRows, type OrderValue, type Selection } from './query-select.ts'
import { entriesOf, sourcesOf } from './query-source.ts'
import { compose, sql, type Sql } from './query-sql.ts'

export interface SelectRequest {
  readonly query: Query
  readonly nowMs: number
  readonly textMatches: TextMatches
  /** How many candidates of an index are looked at rather than walking the order of the answer. It changes the cost alone. */
  readonly candidatesMax?: number
  /** How long counts and the samples of facets may take, and in which steps. */
  readonly patience?: Patience
}

export interface RowsRequest extends SelectRequest {
  readonly limit: number
  readonly cursor?: string
}

export interface Rows<Row> {
  readonly rows: readonly Row[]
  readonly next?: string
}

/** One page of the runs that a query asks for. */
export function queryRuns(database: DatabaseSync, request: RowsRequest): Rows<RunRow> {
  return queryPage<RunRow>(database, 'runs', request)
}

/** One page of the actions that a query asks for; see `Condition`. */
export function queryActions(database: DatabaseSync, request: RowsRequest): Rows<ActionRow> {
  return queryPage<ActionRow>(database, 'actions', request)
}

/** How many runs match: exact up to 10,000, as far as the time for it allows. */
export function countRuns(database: DatabaseSync, request: SelectRequest): RunCount {
  const context = createMatchContext(database, request)
  const condition = conditionOf(request.query)
  const { runs, cut } =
    countedByIndex(database, condition, context) ?? countFound(database, condition, context, request)
  const bound = cut ?? (context.textComplete() ? undefined : 'text')
  return bound === undefined ? { count: runs, exact: true } : { count: runs, exact: false, bound }
}

function countFound(
  database: DatabaseSync,
  condition: Condition,
  context: MatchContext,
  { patience = patienceForCounts }: SelectRequest,
): { runs: number; cut?: 'rows' | 'time' } {
  const { runs, cut } = findRuns(database, condition, context, { most: limits.exactCountMax, patience })
  return { runs: runs.length, ...(cut !== undefined && { cut }) }
}

/** One filter whose index has an entry for each of its runs is counted there, without a look at the runs. */
function countedByIndex(
  database: DatabaseSync,
  condition: Condition,
  context: MatchContext,
): { runs: number; cut?: 'rows' } | undefined {
  const [only, ...more] = conjuncts(condition)
  if (only?.kind !== 'leaf' || more.length > 0) return undefined
  const [source, ...others] = sourcesOf(only, binds(condition), context) ?? []
  if (source?.table !== 'run' || others.length > 0) return undefined
  const { text, parameters } = entriesOf(source)
  const row = database
    .prepare(`SELECT count(*) AS n FROM (${text} LIMIT ${limits.exactCountMax + 1})`)
    .get(...parameters)
  const entries = Number(row?.['n'] ?? 0)
  return entries > limits.exactCountMax ? { runs: limits.exactCountMax, cut: 'rows' } : { runs: entries }
}

const started = (table: 'run' | 'action'): OrderValue => ({
  value: `${table}.started_ms`,
  having: '1',
  walk: { from: `${table} INDEXED BY ${table}_started`, value: `${table}.started_ms` },
})
const runEnded: OrderValue = { value: 'run.ended_ms', having: 'run.ended_ms IS NOT NULL' }
const runTook: OrderValue = { value: '(run.ended_ms - run.started_ms)', having: 'run.ended_ms IS NOT NULL' }

/** The amount of a run is the largest of its actions; its walk meets a run at that action. */
const runAmount: OrderValue = {
  value: '(SELECT max(own.amount) FROM action AS own INDEXED BY action_run WHERE own.run = run.pk)',
  having:
    'EXISTS (SELECT 1 FROM action AS own INDEXED BY action_run WHERE own.run = run.pk AND own.amount IS NOT NULL)',
  walk: {
    from: 'action AS top INDEXED BY action_amount CROSS JOIN run ON run.pk = top.run',
    value: 'top.amount',
    where: `top.amount IS NOT NULL AND NOT EXISTS (
      SELECT 1 FROM action AS more INDEXED BY action_run
       WHERE more.run = top.run AND (more.amount > top.amount OR (more.amount = top.amount AND more.pk > top.pk)))`,
  },
}

const orderValues: Readonly<Record<List, Readonly<Record<ListOrder['field'], OrderValue>>>> = {
  runs: {
    started: started('run'),
    ended: { ...runEnded, walk: { from: 'run INDEXED BY run_ended', value: runEnded.value } },
    took: { ...runTook, walk: { from: 'run INDEXED BY run_took', value: runTook.value } },
    amount: runAmount,
  },
  actions: {
    started: started('action'),
    ended: runEnded,
    took: runTook,
    amount: {
      value: 'action.amount',
      having: 'action.amount IS NOT NULL',
      walk: { from: 'action INDEXED BY action_amount', value: 'action.amount' },
    },
  },
}

function queryPage<Row>(database: DatabaseSync, list: List, request: RowsRequest): Rows<Row> {
  const order = listOrder(list, request.query)
  const position = request.cursor === undefined ? undefined : decodeCursor(order.name, request.cursor)
  const context = createMatchContext(database, request)
  const wanted = request.limit + 1
  const selection = selectRows(database, conditionOf(request.query), context, {
    list,
    wanted,
    byStart: order.field === 'started',
  })
  if (selection === undefined) return { rows: [] }
  const found: Position[] = []
  // Rows without the value of the order come after those that have it, so a page may be made of two statements.
  if (position?.value !== null)
    found.push(...readPositions(database, withValue(list, order, selection, position), wanted))
  if (found.length < wanted && order.field !== 'started') {
    const after = position?.value === null ? position : undefined
    found.push(...readPositions(database, withoutValue(list, order, selection, after), wanted - found.length))
  }
  const shown = found.slice(0, request.limit)
  const select = database.prepare(`SELECT shown FROM ${list === 'runs' ? 'run_state' : 'action_state'} WHERE pk = ?`)
  const rows = shown.map(({ pk }) => JSON.parse(String(select.get(pk)?.['shown'])) as Row)
  const last = shown.at(-1)
  return found.length > shown.length && last !== undefined ? { rows, next: encodeCursor(order.name, last) } : { rows }
}

function readPositions(database: DatabaseSync, statement: Sql, limit: number): Position[] {
  return database
    .prepare(`${statement.text} LIMIT ${limit}`)
    .all(...statement.parameters)
    .map((row) => ({ value: row['value'] === null ? null : Number(row['value']), pk: Number(row['pk']) }))
}

function withValue(list: List, order: ListOrder, selection: Selection, after: Position | undefined): Sql {
  const by = orderValues[list][order.field]
  const pk = `${list === 'runs' ? 'run' : 'action'}.pk`
  const [sign, word] = order.direction === 'descending' ? ['<', 'DESC'] : ['>', 'ASC']
  const { statement, value } = selection.select(by, (value) => [
    ...(order.field === 'started' ? [] : [sql(by.having)]),
    ...(after === undefined ? [] : [sql(`(${value}, ${pk}) ${sign} (?, ?)`, after.value ?? 0, after.pk)]),
  ])
  return compose(`{} ORDER BY ${value} ${word}, ${pk} ${word}`, statement)
}

function withoutValue(list: List, order: ListOrder, selection: Selection, after: Position | undefined): Sql {
  const pk = `${list === 'runs' ? 'run' : 'action'}.pk`
  const [sign, word] = order.direction === 'descending' ? ['<', 'DESC'] : ['>', 'ASC']
  const { statement } = selection.select({ value: 'NULL', having: '' }, () => [
    sql(`NOT (${orderValues[list][order.field].having})`),
    ...(after === undefined ? [] : [sql(`${pk} ${sign} ?`, after.pk)]),
  ])
  return compose(`{} ORDER BY ${pk} ${word}`, statement)
}

/** The attribute keys that any run or action has. */
export function attributeKeys(database: DatabaseSync): string[] {
  return database
    .prepare(`SELECT substr(name, 6) AS name FROM term_key WHERE name >= 'attr:' AND name < 'attr;' ORDER BY name`)
    .all()
    .map((row) => String(row['name']))
}

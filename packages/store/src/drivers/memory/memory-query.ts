import { limits } from '@counterfoil/schema'
import type { Query } from '@counterfoil/schema/query'
import type { Facet, RunCount } from '../../event-store.ts'
import { amountOf } from '../../projection/amount.ts'
import { ownValue } from '../../projection/own.ts'
import type { ActionRow, RunRow } from '../../projection/rows.ts'
import { conditionOf, withoutKey, type Condition } from '../../query/condition.ts'
import { facetTerms } from '../../query/facet-terms.ts'
import { decodeCursor, encodeCursor, type Position } from '../../query/cursor.ts'
import { facetRunsMax } from '../../query/facet-sample.ts'
import { listOrder, type ListOrder } from '../../query/sort-order.ts'
import { actionMatches, runMatches } from './memory-match.ts'
import type { MemoryAction, MemoryRun } from './memory-rows.ts'

interface Request {
  readonly query: Query
  readonly nowMs: number
}

interface PageRequest extends Request {
  readonly limit: number
  readonly cursor?: string
}

interface Candidate<Row> extends Position {
  readonly row: Row
}

/** One page of the runs that a query asks for, found by looking at every run. */
export function memoryRuns(
  runs: readonly MemoryRun[],
  request: PageRequest,
): { rows: readonly RunRow[]; next?: string } {
  const order = listOrder('runs', request.query)
  const found = matchingRuns(runs, conditionOf(request.query), request.nowMs)
  return page(
    order,
    request,
    found.map((run) => ({ pk: run.pk, row: run.row, value: runValue(run, order) })),
  )
}

/** One page of the actions that a query asks for. */
export function memoryActions(
  runs: readonly MemoryRun[],
  request: PageRequest,
): { rows: readonly ActionRow[]; next?: string } {
  const order = listOrder('actions', request.query)
  const condition = conditionOf(request.query)
  const found = runs.flatMap((run) =>
    [...run.actions.values()]
      .filter((action) => actionMatches(condition, run, action, request.nowMs))
      .map((action) => ({ pk: action.pk, row: action.row, value: actionValue(run, action, order) })),
  )
  return page(order, request, found)
}

export function memoryCount(runs: readonly MemoryRun[], request: Request): RunCount {
  const { length: count } = matchingRuns(runs, conditionOf(request.query), request.nowMs)
  return count <= limits.exactCountMax
    ? { count, exact: true }
    : { count: limits.exactCountMax, exact: false, bound: 'rows' }
}

function matchingRuns(runs: readonly MemoryRun[], condition: Condition, nowMs: number): MemoryRun[] {
  return runs.filter((run) => runMatches(condition, run, nowMs))
}

function runValue({ row, actions }: MemoryRun, { field }: ListOrder): number | null {
  if (field === 'started') return row.startedMs
  if (field === 'ended') return row.endedMs ?? null
  if (field === 'took') return row.endedMs === undefined ? null : row.endedMs - row.startedMs
  const amounts = [...actions.values()].flatMap((action) => amountOf(action.row.attributes)?.amount ?? [])
  return amounts.length === 0 ? null : Math.max(...amounts)
}

function actionValue(run: MemoryRun, { row }: MemoryAction, order: ListOrder): number | null {
  if (order.field === 'started') return row.startedMs
  return order.field === 'amount' ? (amountOf(row.attributes)?.amount ?? null) : runValue(run, order)
}

function page<Row>(
  order: ListOrder,
  { limit, cursor }: PageRequest,
  found: readonly Candidate<Row>[],
): { rows: readonly Row[]; next?: string } {
  const sign = order.direction === 'descending' ? -1 : 1
  const compare = (a: Position, b: Position): number => {
    if (a.value === null || b.value === null) {
      if (a.value !== b.value) return a.value === null ? 1 : -1
      return sign * (a.pk - b.pk)
    }
    return sign * (a.value - b.value || a.pk - b.pk)
  }
  const after = cursor === undefined ? undefined : decodeCursor(order.name, cursor)
  const rest = found.toSorted(compare).filter((candidate) => after === undefined || compare(candidate, after) > 0)
  const shown = rest.slice(0, limit)
  const rows = shown.map(({ row }) => row)
  const last = shown.at(-1)
  return rest.length > shown.length && last !== undefined ? { rows, next: encodeCursor(order.name, last) } : { rows }
}

const topMax = 8

/** See `facetRuns` of the SQLite driver. */
export function memoryFacets(
  runs: readonly MemoryRun[],
  request: Request & { readonly keys: readonly string[] },
): Facet[] {
  const condition = conditionOf(request.query)
  return request.keys.map((key) => {
    const found = matchingRuns(runs, withoutKey(condition, key), request.nowMs).toSorted(
      (a, b) => b.row.startedMs - a.row.startedMs,
    )
    const most = facetRunsMax(key)
    const exact = found.length <= most
    const counted = found.slice(0, most)
    const counts = new Map<string | null, number>()
    for (const run of counted) {
      const values = new Set(facetValues(run, key))
      for (const value of values.size === 0 ? [null] : values) counts.set(value, (counts.get(value) ?? 0) + 1)
    }
    const values = [...counts].map(([value, count]) => ({ value, count, exact }))
    const named = values
      .filter(({ value }) => value !== null)
      .toSorted((a, b) => b.count - a.count || compareText(a.value ?? '', b.value ?? ''))
    const none = values.filter(({ value }) => value === null)
    return { key, counted: counted.length, values: [...named.slice(0, topMax), ...none] }
  })
}

function compareText(a: string, b: string): number {
  return Buffer.compare(Buffer.from(a, 'utf8'), Buffer.from(b, 'utf8'))
}

const runFields: Readonly<Record<string, keyof RunRow>> = {
  outcome: 'outcome',
  status: 'status',
  run: 'runId',
  workflow: 'workflow',
  version: 'version',
  environment: 'environment',
  customer: 'customerId',
  trigger: 'triggerType',
  correlation: 'correlationId',
  session: 'sessionId',
  parent: 'parentRunId',
  model: 'model',
  actor: 'actorId',
}
const actionFields: Readonly<Record<string, keyof ActionRow>> = {
  action: 'type',
  action_id: 'actionId',
  effect: 'effectClass',
  approver: 'approver',
  target: 'targetId',
}
function facetValues(run: MemoryRun, key: string): string[] {
  const runField = ownValue(runFields, key)
  if (runField !== undefined) return present([run.row[runField]])
  const actionField = ownValue(actionFields, key)
  if (actionField !== undefined) return present([...run.actions.values()].map(({ row }) => row[actionField]))
  const term = facetTerms.has(key) ? key : `attr:${key}`
  return present([...run.terms.values()].filter((one) => one.key === term).map(({ value }) => value))
}

function present(values: readonly unknown[]): string[] {
  return values.filter((value) => typeof value === 'string' || typeof value === 'number').map(String)
}

import type { DatabaseSync } from 'node:sqlite'
import { conjuncts, type Condition } from '../../query/condition.ts'
import type { MatchContext } from './query-match.ts'
import { actionsOf, entriesOf, isActionSource, runsOf, sourcesOf, type Source } from './query-source.ts'
import type { Sql } from './query-sql.ts'

/** What looking at one row costs, in the same arbitrary unit: reached through a source, and in a walk. */
const candidateCost = 4
const walkedCost = { run: 4, runWithActions: 8 }

export type List = 'runs' | 'actions'

export interface Plan {
  /** The condition with its rarest part first: what fails early costs least. */
  readonly condition: Condition
  /** Numbers of the only rows that can match: of runs or of actions, whichever `level` says. Absent: walk the order of the answer. */
  readonly candidates?: { readonly rows: Sql; readonly level: 'run' | 'action' }
  /** For a walk: an equality on an index that goes on in the order of the answer. */
  readonly walk?: Source
  /** For a walk over runs: the rarest term of the action that is looked for, to start from in each run. */
  readonly driver?: Source
  /** For a walk, when no order is asked for: the parts with entries of their own to walk along instead. */
  readonly entries?: readonly Part[]
}

export interface Part {
  readonly condition: Condition
  readonly sources: readonly Source[]
  readonly level: 'run' | 'action'
  readonly count: number
  /** Whether all of its entries were counted. */
  readonly isCountWhole: boolean
  /** Estimated share of the rows of its level. */
  readonly share: number
}

/** Indexes that go on with the start time and the number of the row. */
const orderedIndexes: Readonly<Record<List, ReadonlySet<string>>> = {
  runs: new Set(['run_customer', 'run_workflow', 'run_outcome', 'run_model', 'run_actor', 'run_status']),
  actions: new Set(['action_type', 'action_outcome', 'action_effect', 'action_target', 'action_approver']),
}

export function isOrdered(index: string): boolean {
  return orderedIndexes.runs.has(index) || orderedIndexes.actions.has(index)
}

/**
 * Chooses by counting: SQLite keeps no statistics of a growing log, and guesses. Undefined when nothing can match. Every part that must hold and has an
 * index is counted up to a bound; a small one gives the candidates, otherwise the order of the answer is walked.
 */
export function planQuery(
  database: DatabaseSync,
  condition: Condition,
  context: MatchContext,
  options: { readonly list: List; readonly bound: boolean; readonly wanted: number; readonly byStart: boolean },
): Plan | undefined {
  const { list, bound, wanted, byStart } = options
  const totals = { run: maximum(database, 'run'), action: maximum(database, 'action') }
  const perRun = totals.action / totals.run
  const all = conjuncts(condition)
  const parts = all.flatMap((part): Part[] => {
    const sources = sourcesOf(part, bound, context)
    if (sources === undefined) return []
    const level = bound && sources.every(isActionSource) ? 'action' : 'run'
    const count = probe(database, sources, context.candidatesMax)
    const isCountWhole = count < context.candidatesMax
    return [{ condition: part, sources, level, count, isCountWhole, share: Math.min(1, count / totals[level]) }]
  })
  // A part that must hold and has nowhere to be looked for.
  if (parts.some(({ sources }) => sources.length === 0)) return undefined
  const sorted = parts.toSorted((a, b) => a.share - b.share)
  const rest = all.filter((one) => !parts.some((part) => part.condition === one))
  const ordered: Condition = { kind: 'all', of: [...sorted.map((part) => part.condition), ...rest] }

  const rowsOf = (part: Part): number => part.count * (list === 'actions' && part.level === 'run' ? perRun : 1)
  const best = parts.toSorted((a, b) => rowsOf(a) - rowsOf(b))[0]
  if (best === undefined) return { condition: ordered }
  const walk = byStart ? leastOrdered(parts, list) : undefined
  const shareOf = (level: Part['level']): number =>
    parts.reduce((product, part) => (part === walk || part.level !== level ? product : product * part.share), 1)
  const share = shareOf('run') * Math.min(1, shareOf('action') * (list === 'runs' ? perRun : 1))
  const walked = Math.min(
    walk?.count === context.candidatesMax || walk === undefined
      ? totals[list === 'runs' ? 'run' : 'action']
      : walk.count,
    wanted / Math.max(share, 1e-9),
  )
  const costOfWalk = walked * (list === 'runs' && bound ? walkedCost.runWithActions : walkedCost.run)
  if (best.count < context.candidatesMax && rowsOf(best) * candidateCost <= costOfWalk) {
    const level = list === 'actions' ? 'action' : best.level
    return { condition: ordered, candidates: { rows: unionOf(best.sources, level), level } }
  }
  const walkSource = walk?.sources[0]
  const entries = sorted.filter((part) => part.condition.kind === 'leaf' && part.sources.length === 1)
  const driver = entries.find(
    ({ level, sources: [only] }) => level === 'action' && only?.table === 'term' && only.equality,
  )?.sources[0]
  return {
    condition: ordered,
    ...(walkSource !== undefined && { walk: walkSource }),
    ...(driver !== undefined && { driver }),
    entries,
  }
}

/** The smallest part that is one equality on an index which continues in the order of the answer. */
function leastOrdered(parts: readonly Part[], list: List): Part | undefined {
  return parts
    .filter(
      ({ condition, sources: [only, ...more] }) =>
        condition.kind === 'leaf' &&
        only !== undefined &&
        more.length === 0 &&
        only.equality &&
        orderedIndexes[list].has(only.index),
    )
    .toSorted((a, b) => a.count - b.count)[0]
}

function unionOf(sources: readonly Source[], level: 'run' | 'action'): Sql {
  const parts = sources.map(level === 'run' ? runsOf : actionsOf)
  return {
    text: parts.map((part) => part.text).join(' UNION ALL '),
    parameters: parts.flatMap((part) => part.parameters),
  }
}

function probe(database: DatabaseSync, sources: readonly Source[], most: number): number {
  let count = 0
  for (const { text, parameters } of sources.map(entriesOf)) {
    if (count >= most) break
    const row = database.prepare(`SELECT count(*) AS n FROM (${text} LIMIT ${most - count})`).get(...parameters)
    count += Number(row?.['n'] ?? 0)
  }
  return count
}

function maximum(database: DatabaseSync, table: 'run' | 'action'): number {
  return Math.max(1, Number(database.prepare(`SELECT max(pk) AS n FROM ${table}`).get()?.['n'] ?? 1))
}

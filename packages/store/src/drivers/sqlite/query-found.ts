import { limits } from '@counterfoil/schema'
import type { DatabaseSync } from 'node:sqlite'
import { binds, type Condition } from '../../query/condition.ts'
import { compile, compileScope, type MatchContext } from './query-match.ts'
import { planQuery } from './query-plan.ts'
import { never } from './query-sql.ts'
import { walkOf } from './query-walk.ts'

/** How long looking may take and in which steps. */
export interface Patience {
  /** Looking ends with the first piece that ends after this time. */
  readonly timeMsMax: number
  /** Rows of the first piece; later ones are as large as their time allows. */
  readonly pieceRows: number
}

export interface FoundRuns {
  /** Numbers of matching runs, each once, the newest first as far as the plan allows. */
  readonly runs: readonly number[]
  /** Why there may be more; undefined when these are all. */
  readonly cut?: 'rows' | 'time'
}

/** A first piece is looked at in any case, so that what a small log answers does not depend on the clock. */
const firstPieceRows = 500
const pieceRowsMax = 4_000
/** About how long one piece takes: each is a read transaction of its own. */
const pieceMs = 4

export const patienceForCounts: Patience = { timeMsMax: limits.countTimeMsMax, pieceRows: firstPieceRows }
export const patienceForFacets: Patience = { timeMsMax: limits.facetSampleTimeMsMax, pieceRows: firstPieceRows }

/**
 * Looks for at most `most` runs that match, piece by piece, until the time is used up. No statement runs for long: a
 * reader that stays in one transaction makes the write-ahead log grow. What is found in time is true, only perhaps not
 * all there is.
 */
export function findRuns(
  database: DatabaseSync,
  condition: Condition,
  context: MatchContext,
  options: { readonly most: number; readonly patience: Patience },
): FoundRuns {
  const { most, patience } = options
  const deadlineMs = performance.now() + patience.timeMsMax
  const bound = binds(condition)
  const plan = planQuery(database, condition, context, { list: 'runs', bound, wanted: most, byStart: true })
  if (plan === undefined) return { runs: [] }
  const walk = walkOf(database, plan, bound)
  const match =
    walk.level === 'action'
      ? compile(walk.condition, 'action', context)
      : compileScope(walk.condition, context, plan.driver)
  if (match === never) return { runs: [] }
  const statement = database.prepare(
    `SELECT json_group_array(run.pk) AS found FROM ${walk.from} WHERE ${walk.where} AND ${match.text}`,
  )
  const found = new Set<number>()
  let pieceRows = patience.pieceRows
  for (;;) {
    const begunMs = performance.now()
    const { parameters, isLast } = walk.next(pieceRows)
    const row = statement.get(...parameters, ...match.parameters)
    for (const run of JSON.parse(String(row?.['found'])) as number[]) found.add(run)
    if (found.size > most) return { runs: [...found].slice(0, most), cut: 'rows' }
    if (isLast) return { runs: [...found] }
    const endMs = performance.now()
    if (endMs >= deadlineMs) return { runs: [...found], cut: 'time' }
    const rowsInTime = (pieceRows * pieceMs) / Math.max(endMs - begunMs, 0.01)
    pieceRows = Math.max(1, Math.min(Math.round(rowsInTime), pieceRows * 4, pieceRowsMax))
  }
}

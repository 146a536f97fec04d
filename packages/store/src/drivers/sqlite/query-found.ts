import { limits } from '@counterfoil/schema'
import type { DatabaseSync } from 'node:sqlite'
import { binds, type Condition } from '../../query/condition.ts'
import { compile, compileScope, type MatchContext } from './query-match.ts'
import { planQuery, type Plan } from './query-plan.ts'
import type { Source } from './query-source.ts'
import { always, compose, never, type Sql } from './query-sql.ts'

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
  const plan = planQuery(database, condition, context, {
    list: 'runs',
    bound: binds(condition),
    wanted: most,
    byStart: true,
  })
  if (plan === undefined) return { runs: [] }
  const filter = filterOf(database, plan, context)
  if (filter === undefined) return { runs: [] }
  const nextPiece = piecesOf(database, plan)
  const found = new Set<number>()
  let pieceRows = patience.pieceRows
  for (;;) {
    const begunMs = performance.now()
    const piece = nextPiece(pieceRows)
    for (const run of filter(piece.rows)) found.add(run)
    if (found.size > most) return { runs: [...found].slice(0, most), cut: 'rows' }
    if (piece.isLast) return { runs: [...found] }
    const endMs = performance.now()
    if (endMs >= deadlineMs) return { runs: [...found], cut: 'time' }
    const rowsInTime = (pieceRows * pieceMs) / Math.max(endMs - begunMs, 0.01)
    pieceRows = Math.max(1, Math.min(Math.round(rowsInTime), pieceRows * 4, pieceRowsMax))
  }
}

/** Of numbers of runs (or of actions, where the candidates are those), the runs that match. Undefined when none can. */
function filterOf(
  database: DatabaseSync,
  plan: Plan,
  context: MatchContext,
): ((rows: readonly number[]) => readonly number[]) | undefined {
  const ofActions = plan.candidates?.level === 'action'
  const match = ofActions
    ? compile(plan.condition, 'action', context)
    : compileScope(plan.condition, context, plan.driver)
  if (match === never) return undefined
  if (match === always && !ofActions) return (rows) => rows
  const joined = ofActions
    ? 'CROSS JOIN action ON action.pk = found.value CROSS JOIN run ON run.pk = action.run'
    : 'CROSS JOIN run ON run.pk = found.value'
  const { text, parameters } = compose(
    `SELECT json_group_array(run.pk) AS found FROM json_each(?) AS found ${joined} WHERE {}`,
    match,
  )
  const statement = database.prepare(text)
  return (rows) => numbersOf(statement.get(JSON.stringify(rows), ...parameters)?.['found'])
}

interface Piece {
  readonly rows: readonly number[]
  readonly isLast: boolean
}

/** Where to look, in pieces of so many rows at most. */
type Pieces = (rowsMax: number) => Piece

function piecesOf(database: DatabaseSync, { candidates, walk, term }: Plan): Pieces {
  if (candidates !== undefined) return listedPieces(database, candidates.rows)
  return walk === undefined && term !== undefined ? termPieces(database, term) : startedPieces(database, walk)
}

/** The candidates are few: read at once, and matched piece by piece. */
function listedPieces(database: DatabaseSync, candidates: Sql): Pieces {
  const { text, parameters } = compose(
    'SELECT json_group_array(pk) AS found FROM (SELECT DISTINCT pk FROM ({}) ORDER BY pk DESC)',
    candidates,
  )
  const rows = numbersOf(database.prepare(text).get(...parameters)?.['found'])
  let at = 0
  return (rowsMax) => {
    const piece = rows.slice(at, at + rowsMax)
    at += rowsMax
    return { rows: piece, isLast: at >= rows.length }
  }
}

/** Runs that have a term: its entries come by run, so that no other run is looked at. */
function termPieces(database: DatabaseSync, { where }: Source): Pieces {
  const { text, parameters } = compose(
    'SELECT json_group_array(run) AS found FROM (SELECT DISTINCT run FROM term WHERE {} AND run < ? ORDER BY run DESC LIMIT ?)',
    where,
  )
  const statement = database.prepare(text)
  let before = Number.MAX_SAFE_INTEGER
  return (rowsMax) => {
    const rows = numbersOf(statement.get(...parameters, before, rowsMax)?.['found'])
    before = rows.at(-1) ?? 0
    return { rows, isLast: rows.length < rowsMax }
  }
}

/** All runs, or those with one value in an index, in the order in which they started. */
function startedPieces(database: DatabaseSync, walk: Source | undefined): Pieces {
  const { text, parameters } = compose(
    `SELECT json_group_array(pk) AS found, min(started_ms) AS oldest FROM (
       SELECT pk, started_ms FROM run INDEXED BY ${walk?.index ?? 'run_started'}
        WHERE {} AND (started_ms, pk) < (?, ?) ORDER BY started_ms DESC, pk DESC LIMIT ?)`,
    walk?.where ?? always,
  )
  const statement = database.prepare(text)
  let [beforeMs, before] = [Number.MAX_SAFE_INTEGER, 0]
  return (rowsMax) => {
    const row = statement.get(...parameters, beforeMs, before, rowsMax)
    const rows = numbersOf(row?.['found'])
    beforeMs = Number(row?.['oldest'] ?? 0)
    before = rows.at(-1) ?? 0
    return { rows, isLast: rows.length < rowsMax }
  }
}

function numbersOf(json: unknown): readonly number[] {
  return JSON.parse(String(json)) as number[]
}

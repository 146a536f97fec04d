import { limits } from '@counterfoil/schema'
import type { DatabaseSync } from 'node:sqlite'
import type { Facet } from '../../event-store.ts'
import { ownValue } from '../../projection/own.ts'
import { conditionOf, withoutKey } from '../../query/condition.ts'
import { facetRunsMax } from '../../query/facet-sample.ts'
import { facetTerms } from '../../query/facet-terms.ts'
import { createMatchContext } from './query-context.ts'
import { findRuns, patienceForFacets, type FoundRuns, type Patience } from './query-found.ts'
import { actionColumns, runColumns } from './query-leaf.ts'
import type { SelectRequest } from './query-runs.ts'
import { sql, type Sql } from './query-sql.ts'

const topMax = 8

export interface FacetRequest extends SelectRequest {
  readonly keys: readonly string[]
  /** How long the values of the found runs may be counted, and in which steps. */
  readonly countPatience?: Patience
}

const patienceForValues: Patience = { timeMsMax: limits.facetCountTimeMsMax, pieceRows: 250 }

/**
 * How many runs have which value of each key: the eight most frequent, and null for runs without any. The filters on the
 * key itself are left out, so that a count says what choosing the value would give. Of more than `facetRunsMax` runs, or
 * than can be counted in time, the newest are counted, and every count is a lower bound.
 */
export function facetRuns(database: DatabaseSync, request: FacetRequest): Facet[] {
  const samples = sampleRuns(database, request)
  const patience = request.countPatience ?? patienceForValues
  const deadlineMs = performance.now() + patience.timeMsMax
  return request.keys.map((key, at) => {
    const { runs, isWhole } = samples(key)
    // Each key gets its share of the time that is left.
    const nowMs = performance.now()
    const until = nowMs + (deadlineMs - nowMs) / (request.keys.length - at)
    const { counts, counted } = countValues(database, key, runs, { untilMs: until, pieceRows: patience.pieceRows })
    return facetOf(key, counts, counted, isWhole && counted === runs.length)
  })
}

/** The runs that each key counts: those that match without the filters on it. Keys without filters share them. */
function sampleRuns(
  database: DatabaseSync,
  request: FacetRequest,
): (key: string) => { readonly runs: readonly number[]; readonly isWhole: boolean } {
  const condition = conditionOf(request.query)
  const context = createMatchContext(database, request)
  const patience = request.patience ?? patienceForFacets
  const deadlineMs = performance.now() + patience.timeMsMax
  const restOf = (key: string): string => JSON.stringify(withoutKey(condition, key))
  const byRest = Map.groupBy(request.keys, restOf)
  const found = new Map<string, FoundRuns>()
  for (const [rest, [first = '', ...others]] of byRest) {
    const nowMs = performance.now()
    const timeMsMax = (deadlineMs - nowMs) / (byRest.size - found.size)
    const most = Math.max(...[first, ...others].map(facetRunsMax))
    const options = { most, patience: { ...patience, timeMsMax } }
    found.set(rest, findRuns(database, withoutKey(condition, first), context, options))
  }
  return (key) => {
    const { runs, cut } = found.get(restOf(key)) ?? { runs: [] }
    const most = facetRunsMax(key)
    return { runs: runs.slice(0, most), isWhole: cut === undefined && runs.length <= most && context.textComplete() }
  }
}

/** Counts values piece by piece until the time is used up; the first piece in any case. */
function countValues(
  database: DatabaseSync,
  key: string,
  runs: readonly number[],
  { untilMs, pieceRows }: { untilMs: number; pieceRows: number },
): { counts: Map<string | null, number>; counted: number } {
  const counts = new Map<string | null, number>()
  const { text, parameters } = valuesOf(database, key)
  const statement = database.prepare(`SELECT value, count(*) AS n FROM (${text}) GROUP BY value`)
  let counted = 0
  for (let size = pieceRows; counted < runs.length && (counted === 0 || performance.now() < untilMs); size *= 2) {
    const piece = runs.slice(counted, counted + size)
    counted += piece.length
    for (const row of statement.all(JSON.stringify(piece), ...parameters)) {
      const value = row['value'] === null ? null : String(row['value'])
      counts.set(value, (counts.get(value) ?? 0) + Number(row['n']))
    }
  }
  return { counts, counted }
}

/** A statement for each value that a run of a JSON array has, and null for one without. */
function valuesOf(database: DatabaseSync, key: string): Sql {
  const runColumn =
    key === 'outcome' || key === 'workflow' ? key : key === 'actor' ? 'actor_id' : ownValue(runColumns, key)
  if (runColumn !== undefined) {
    return sql(`SELECT run.${runColumn} AS value FROM json_each(?) AS sample CROSS JOIN run ON run.pk = sample.value`)
  }
  const column = key === 'target' ? 'target_id' : ownValue(actionColumns, key)
  if (column !== undefined) {
    return sql(
      `SELECT DISTINCT sample.value AS run, action.${column} AS value FROM json_each(?) AS sample
         LEFT JOIN action INDEXED BY action_run ON action.run = sample.value AND action.${column} IS NOT NULL`,
    )
  }
  const term = facetTerms.has(key) ? key : `attr:${key}`
  const id = database.prepare('SELECT id FROM term_key WHERE name = ?').get(term)?.['id']
  if (id === undefined) return sql('SELECT NULL AS value FROM json_each(?)')
  return sql(
    `SELECT DISTINCT sample.value AS run, term.value AS value FROM json_each(?) AS sample
       LEFT JOIN term INDEXED BY term_run ON term.run = sample.value AND term.key = ?`,
    Number(id),
  )
}

function facetOf(key: string, counts: ReadonlyMap<string | null, number>, counted: number, exact: boolean): Facet {
  const named = [...counts].flatMap(([value, count]) => (value === null ? [] : [{ value, count, exact }]))
  const none = counts.get(null)
  const top = named.toSorted((a, b) => b.count - a.count || compareBytes(a.value, b.value)).slice(0, topMax)
  return { key, counted, values: none === undefined ? top : [...top, { value: null, count: none, exact }] }
}

/** The order of SQLite, which is that of UTF-8. */
function compareBytes(a: string, b: string): number {
  return Buffer.compare(Buffer.from(a, 'utf8'), Buffer.from(b, 'utf8'))
}

import type { DatabaseSync } from 'node:sqlite'
import type { Facet } from '../../event-store.ts'
import { ownValue } from '../../projection/own.ts'
import { conditionOf, withoutKey } from '../../query/condition.ts'
import { facetRunsMax } from '../../query/facet-sample.ts'
import { facetTerms } from '../../query/facet-terms.ts'
import { createMatchContext } from './query-context.ts'
import { actionColumns, runColumns } from './query-leaf.ts'
import { newestRuns, type SelectRequest } from './query-runs.ts'

const topMax = 8

/**
 * How many runs have which value of each key: the eight most frequent, and null for runs without any. The filters on the
 * key itself are left out, so that a count says what choosing the value would give. Of more than
 * `facetRunsMax` runs the newest are counted, and every count is a lower bound.
 */
export function facetRuns(
  database: DatabaseSync,
  request: SelectRequest & { readonly keys: readonly string[] },
): Facet[] {
  const condition = conditionOf(request.query)
  const context = createMatchContext(database, request)
  const samples = new Map<string, { json: string; size: number; exact: boolean }>()
  return request.keys.map((key) => {
    const rest = withoutKey(condition, key)
    const most = facetRunsMax(key)
    const name = JSON.stringify([most, rest])
    let sample = samples.get(name)
    if (sample === undefined) {
      const found = newestRuns(database, rest, context, most + 1)
      const runs =
        found === undefined
          ? []
          : database
              .prepare(found.text)
              .all(...found.parameters)
              .map((row) => Number(row['pk']))
      const exact = runs.length <= most && context.textComplete()
      const counted = runs.slice(0, most)
      sample = { json: JSON.stringify(counted), size: counted.length, exact }
      samples.set(name, sample)
    }
    return countFacet(database, key, sample)
  })
}

function countFacet(
  database: DatabaseSync,
  key: string,
  sample: { json: string; size: number; exact: boolean },
): Facet {
  const runColumn =
    key === 'outcome' || key === 'workflow' ? key : key === 'actor' ? 'actor_id' : ownValue(runColumns, key)
  const { exact } = sample
  if (runColumn !== undefined) {
    const rows = database
      .prepare(
        `SELECT run.${runColumn} AS value, count(*) AS n FROM json_each(?) AS sample CROSS JOIN run ON run.pk = sample.value GROUP BY 1 ORDER BY n DESC, value`,
      )
      .all(sample.json)
    return facetOf(key, rows, rows.find((row) => row['value'] === null)?.['n'] ?? 0, exact)
  }
  const grouped = groupedRows(database, key, sample.json)
  return facetOf(key, grouped.rows, sample.size - grouped.withValue, exact)
}

function facetOf(key: string, rows: readonly Record<string, unknown>[], none: unknown, exact: boolean): Facet {
  const values: { value: string | null; count: number; exact: boolean }[] = rows
    .filter((row) => row['value'] !== null)
    .slice(0, topMax)
    .map((row) => ({ value: String(row['value']), count: Number(row['n']), exact }))
  if (Number(none) > 0) values.push({ value: null, count: Number(none), exact })
  return { key, values }
}

/** Runs by value of what a run may have several of, and how many have any. */
function groupedRows(
  database: DatabaseSync,
  key: string,
  sample: string,
): { rows: Record<string, unknown>[]; withValue: number } {
  const column = key === 'target' ? 'target_id' : ownValue(actionColumns, key)
  if (column !== undefined) {
    const pairs = `SELECT DISTINCT sample.value AS run, action.${column} AS value FROM json_each(?) AS sample CROSS JOIN action INDEXED BY action_run ON action.run = sample.value WHERE action.${column} IS NOT NULL`
    return group(database, pairs, [sample])
  }
  const term = facetTerms.has(key) ? key : `attr:${key}`
  const id = database.prepare('SELECT id FROM term_key WHERE name = ?').get(term)?.['id']
  if (id === undefined) return { rows: [], withValue: 0 }
  const pairs = `SELECT DISTINCT sample.value AS run, term.value AS value FROM json_each(?) AS sample CROSS JOIN term INDEXED BY term_run ON term.run = sample.value AND term.key = ?`
  return group(database, pairs, [sample, Number(id)])
}

function group(
  database: DatabaseSync,
  pairs: string,
  parameters: (string | number)[],
): { rows: Record<string, unknown>[]; withValue: number } {
  const rows = database
    .prepare(`SELECT value, count(*) AS n FROM (${pairs}) GROUP BY value ORDER BY n DESC, value`)
    .all(...parameters)
  const withValue = database.prepare(`SELECT count(DISTINCT run) AS n FROM (${pairs})`).get(...parameters)
  return { rows, withValue: Number(withValue?.['n'] ?? 0) }
}

import type { DatabaseSync, StatementSync } from 'node:sqlite'
import { isDeepStrictEqual } from 'node:util'
import type { ProjectionDifference } from '../../event-store.ts'

type Row = Readonly<Record<string, unknown>>
/** Where a page ends; undefined is the end of the table. */
type Bound = number | bigint | string

const pageRows = 1_000
const lowest = -(2n ** 63n)
const highest = 2n ** 63n - 1n

interface TableSpec {
  readonly table: string
  readonly start: Bound
  readonly end: Bound
  /** The bound of the page that begins behind `?1`. */
  readonly bound: string
  /** Rows behind `?1` up to `?2`. */
  readonly rows: string
  readonly idOf: (row: Row) => string
  /** Columns that may differ after a rebuild. */
  readonly free?: string
}

/** Run numbers are those of the entries; those of actions and term keys may differ after a rebuild, what they stand for may not. */
const specs: readonly TableSpec[] = [
  {
    table: 'run',
    start: lowest,
    end: highest,
    bound: `SELECT pk AS bound FROM run WHERE pk > ? ORDER BY pk LIMIT 1 OFFSET ${pageRows - 1}`,
    rows: 'SELECT run_state.*, run.* FROM run LEFT JOIN run_state ON run_state.pk = run.pk WHERE run.pk > ? AND run.pk <= ?',
    idOf: (row) => String(row['run_id']),
  },
  {
    table: 'action',
    start: '',
    end: '\u{10ffff}',
    bound: `SELECT action_id AS bound FROM action WHERE action_id > ? ORDER BY action_id LIMIT 1 OFFSET ${pageRows - 1}`,
    rows: 'SELECT action_state.*, action.* FROM action LEFT JOIN action_state ON action_state.pk = action.pk WHERE action_id > ? AND action_id <= ?',
    idOf: (row) => String(row['action_id']),
    free: 'pk',
  },
  {
    table: 'producer',
    start: '',
    end: '\u{10ffff}',
    bound: `SELECT id AS bound FROM producer WHERE id > ? ORDER BY id LIMIT 1 OFFSET ${pageRows - 1}`,
    rows: 'SELECT * FROM producer WHERE id > ? AND id <= ?',
    idOf: (row) => String(row['id']),
    free: 'pk',
  },
  {
    table: 'term',
    start: lowest,
    end: highest,
    bound: `SELECT run AS bound FROM term WHERE run > ? ORDER BY run LIMIT 1 OFFSET ${pageRows - 1}`,
    rows: `SELECT coalesce(name, '?' || key) AS name, typeof(value) AS type, value, term.run, iif(term.action = 0, '', coalesce(action_id, '?' || term.action)) AS action
             FROM term LEFT JOIN term_key ON term_key.id = term.key LEFT JOIN action ON action.pk = term.action
            WHERE term.run > ? AND term.run <= ?`,
    idOf: ({ name, type, value, run, action }) =>
      `${String(name)}=${String(value)} (${String(type)}) of run number ${String(run)}${action === '' ? '' : `, action ${String(action)}`}`,
  },
]

/** One table, page by page, as it is stored and as it was derived aside. */
export class TablePages {
  readonly table: string
  readonly #spec: TableSpec
  readonly #bound: StatementSync
  readonly #stored: StatementSync
  readonly #derived: StatementSync
  #after: Bound

  constructor(spec: TableSpec, live: DatabaseSync, aside: DatabaseSync) {
    this.table = spec.table
    this.#spec = spec
    this.#bound = live.prepare(spec.bound)
    this.#stored = live.prepare(spec.rows)
    this.#derived = aside.prepare(spec.rows)
    this.#after = spec.start
  }

  /** Compares the next page; both sides have to be of the same head. Gives how many rows it had, undefined after the last. */
  next(differences: ProjectionDifference[]): { readonly rows: number; readonly isLast: boolean } {
    const { end, idOf, free, table } = this.#spec
    const bound = this.#bound.get(this.#after)?.['bound'] as Bound | undefined
    const stored = this.#stored.all(this.#after, bound ?? end)
    const derived = new Map(this.#derived.all(this.#after, bound ?? end).map((row) => [idOf(row), row]))
    for (const row of stored) {
      const id = idOf(row)
      const other = derived.get(id)
      derived.delete(id)
      if (other === undefined)
        differences.push({ table, id, message: 'stands in the tables but follows from no entry of the log' })
      else if (!isSame(row, other, free))
        differences.push({ table, id, message: 'differs from what follows from the log' })
    }
    for (const id of derived.keys())
      differences.push({ table, id, message: 'follows from the log but is missing in the tables' })
    this.#after = bound ?? end
    return { rows: stored.length, isLast: bound === undefined }
  }
}

export function tablePages(live: DatabaseSync, aside: DatabaseSync): TablePages[] {
  return specs.map((spec) => new TablePages(spec, live, aside))
}

/** The order of members in a state depends on how the events were grouped into commits. What they say does not. */
function isSame(a: Row, b: Row, free: string | undefined): boolean {
  for (const name in a) {
    if (a[name] === b[name] || name === free) continue
    if (name !== 'state' || !isSameState(a[name], b[name])) return false
  }
  return true
}

function isSameState(a: unknown, b: unknown): boolean {
  try {
    return isDeepStrictEqual(JSON.parse(String(a)), JSON.parse(String(b)))
  } catch {
    return false
  }
}

/** States whose row is gone: nobody shows them, and the next event of that run would go on from them. */
export function strayStates(live: DatabaseSync): ProjectionDifference[] {
  return ['run', 'action'].flatMap((table) => {
    const select = live.prepare(`SELECT pk FROM ${table}_state WHERE pk > ? ORDER BY pk LIMIT ${pageRows}`)
    const row = live.prepare(`SELECT 1 FROM ${table} WHERE pk = ?`)
    const strays: ProjectionDifference[] = []
    for (let after: number | bigint = lowest; ;) {
      const page: Row[] = select.all(after)
      for (const { pk } of page) {
        if (row.get(Number(pk)) === undefined)
          strays.push({ table: `${table}_state`, id: String(pk), message: 'stands in the tables without a row' })
      }
      if (page.length < pageRows) return strays
      after = Number(page.at(-1)?.['pk'])
    }
  })
}

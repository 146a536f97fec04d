import type { DatabaseSync, SQLInputValue, StatementSync } from 'node:sqlite'

/** One column of a projection: how it follows from what is shown, and whether an index has it. */
export interface Column<Source> {
  readonly name: string
  readonly isIndexed: boolean
  readonly of: (source: Source) => SQLInputValue
}

/**
 * The rows of one projection table and, beside them in `<table>_state`, the states they follow from. SQLite rewrites the
 * entry of every index whose column an UPDATE names, changed or not; so an UPDATE names indexed columns only when one of
 * them has changed. For an event that changes a count, that is the difference between two pages and two dozen.
 */
export class RowTable<Source> {
  readonly #columns: readonly Column<Source>[]
  readonly #statements: Record<'select' | 'insert' | 'updateAll' | 'updatePlain' | 'putState', StatementSync>

  /** @param id the column that names a row to the outside; it never changes */
  constructor(database: DatabaseSync, table: string, id: string, columns: readonly Column<Source>[]) {
    this.#columns = columns
    const names = columns.map(({ name }) => name)
    const assign = (chosen: readonly Column<Source>[]): string => chosen.map(({ name }) => `${name} = ?`).join(', ')
    this.#statements = {
      select: database.prepare(
        `SELECT ${table}.pk, state, ${names.join(', ')} FROM ${table} JOIN ${table}_state USING (pk) WHERE ${id} = ?`,
      ),
      insert: database.prepare(
        `INSERT INTO ${table} (pk, ${id}, ${names.join(', ')}) VALUES (?, ?, ${names.map(() => '?').join(', ')})`,
      ),
      updateAll: database.prepare(`UPDATE ${table} SET ${assign(columns)} WHERE pk = ?`),
      updatePlain: database.prepare(
        `UPDATE ${table} SET ${assign(columns.filter(({ isIndexed }) => !isIndexed))} WHERE pk = ?`,
      ),
      putState: database.prepare(
        `INSERT INTO ${table}_state (pk, state) VALUES (?, ?) ON CONFLICT (pk) DO UPDATE SET state = excluded.state`,
      ),
    }
  }

  /** The stored row with this id: its number, its state, and the values that {@link write} compares with. */
  read(id: string): { pk: number; state: string; values: readonly SQLInputValue[] } | undefined {
    const row = this.#statements.select.get(id)
    if (row === undefined) return undefined
    const values = this.#columns.map(({ name }) => row[name] ?? null)
    return { pk: Number(row['pk']), state: String(row['state']), values }
  }

  /**
   * Writes a row and its state (JSON). `before` is what was written or read last, undefined for a new row. Returns the values
   * for the next time.
   */
  write(
    key: { readonly pk: number; readonly id: string },
    source: Source,
    state: string,
    before: readonly SQLInputValue[] | undefined,
  ): readonly SQLInputValue[] {
    const values = this.#columns.map(({ of }) => of(source))
    if (before === undefined) this.#statements.insert.run(key.pk, key.id, ...values)
    else this.#update(key.pk, values, before)
    this.#statements.putState.run(key.pk, state)
    return values
  }

  #update(pk: number, values: readonly SQLInputValue[], before: readonly SQLInputValue[]): void {
    const changed = this.#columns.filter((_column, at) => values[at] !== before[at])
    if (changed.some(({ isIndexed }) => isIndexed)) this.#statements.updateAll.run(...values, pk)
    else if (changed.length > 0) {
      this.#statements.updatePlain.run(...values.filter((_value, at) => this.#columns[at]?.isIndexed === false), pk)
    }
  }
}

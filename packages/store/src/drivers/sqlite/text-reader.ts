import { existsSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'

/** Events in one partition of the text index: index order is time order, so a partition is a stretch of time. */
export const partitionEvents = 1_048_576

/** `000000.db`, `000001.db`, … */
export function partitionPath(folder: string, partition: number): string {
  return join(folder, `${String(partition).padStart(6, '0')}.db`)
}

export function partitionsIn(folder: string): number[] {
  if (!existsSync(folder)) return []
  return readdirSync(folder)
    .map((name) => /^(\d{6})\.db$/.exec(name)?.[1])
    .filter((digits) => digits !== undefined)
    .map(Number)
    .toSorted((a, b) => b - a)
}

/** Reads the full-text partitions of one log, newest first. They follow the log; they are never part of a proof. */
export class TextReader implements Disposable {
  readonly #folder: string
  readonly #open = new Map<number, DatabaseSync>()

  constructor(folder: string) {
    this.#folder = folder
  }

  /** Events below this index are searchable. */
  indexedThrough(): number {
    for (const partition of partitionsIn(this.#folder)) {
      const row = this.#partition(partition)?.prepare('SELECT indexed_through AS n FROM progress').get()
      if (row !== undefined) return Number(row['n'])
    }
    return 0
  }

  /** The runs (by number) whose events match an FTS5 expression, newest first, at most `limit`. */
  runsMatching(log: DatabaseSync, expression: string, limit: number): { runs: number[]; complete: boolean } {
    const runs = new Set<number>()
    const runOf = log.prepare('SELECT run FROM event WHERE idx = ?')
    const erased = log.prepare('SELECT 1 FROM text_erasure WHERE idx = ?')
    for (const partition of partitionsIn(this.#folder)) {
      const rows =
        this.#partition(partition)
          ?.prepare('SELECT rowid AS idx FROM body WHERE body MATCH ? ORDER BY rowid DESC')
          .iterate(expression) ?? []
      for (const row of rows) {
        const index = Number(row['idx'])
        if (erased.get(index) !== undefined) continue
        const run = runOf.get(index)?.['run']
        if (typeof run === 'number') runs.add(run)
        if (runs.size >= limit) return { runs: [...runs], complete: false }
      }
    }
    return { runs: [...runs], complete: true }
  }

  /** Undefined while the file is there but its tables are not: the writer of the index is just making them. */
  #partition(partition: number): DatabaseSync | undefined {
    const known = this.#open.get(partition)
    if (known !== undefined) return known
    const database = new DatabaseSync(partitionPath(this.#folder, partition), { readOnly: true, timeout: 1_000 })
    const { n } =
      database.prepare("SELECT count(*) AS n FROM sqlite_schema WHERE name IN ('body', 'progress')").get() ?? {}
    if (n !== 2) {
      database.close()
      return undefined
    }
    this.#open.set(partition, database)
    return database
  }

  [Symbol.dispose](): void {
    for (const database of this.#open.values()) database.close()
    this.#open.clear()
  }
}

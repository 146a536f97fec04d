import { DatabaseSync, type StatementSync } from 'node:sqlite'
import type { ProjectionComparison, ProjectionDifference } from '../../event-store.ts'
import { projectionVersion } from '../../projection/version.ts'
import { ColumnCheck, type FiledRow } from './column-check.ts'
import { migrate } from './migrate.ts'
import { ProjectionTable } from './projection-table.ts'
import { derivedBy, Derivation } from './rebuild.ts'
import { schemaDifferences } from './schema-check.ts'
import { strayStates, tablePages } from './table-page.ts'
import { VaultCheck } from './vault-check.ts'

/** What is read at once: far less than the 250 ms that a reader may keep the write-ahead log from beginning anew. */
const chunkEvents = 1_000
/** Rows are compared while they are held still; so many entries may be caught up with in the meantime. */
const lagEventsMax = 250
/** After so many chunks in a row without having come close to the head, the log grows faster than it can be compared. */
const chaseChunksMax = 500
const differencesMax = 100

export interface CompareOptions {
  /** A writer has the log open, which derives rows anew when other rules made them: rows of other rules are then a fault. */
  readonly isKeptCurrent: boolean
  /** Called between transactions; may throw to end the comparison. */
  readonly pause: () => Promise<void>
}

/**
 * Derives runs, actions, producers and terms aside, from the leaves as stored, and says where the stored ones differ; where the columns
 * of an event say something else than its leaf (table `event`, by index); and where the schema or the payload keys are
 * not what they should be. No transaction is long: entries never change, so they are read in chunks, and each page of
 * rows is compared at a head that both sides have reached.
 */
export async function compareProjections(live: DatabaseSync, options: CompareOptions): Promise<ProjectionComparison> {
  const aside = new DatabaseSync('')
  try {
    migrate(aside, '')
    const differences = schemaDifferences(live, aside)
    dropIndexes(aside)
    aside.exec('BEGIN')
    return await new Comparison(live, aside, options, differences).run()
  } finally {
    if (live.isTransaction) live.exec('ROLLBACK')
    aside.close()
  }
}

/** Nobody filters what is derived aside, and keeping its indexes is most of what a row costs. */
function dropIndexes(database: DatabaseSync): void {
  const names = database.prepare("SELECT name FROM sqlite_schema WHERE type = 'index' AND sql IS NOT NULL").all()
  for (const { name } of names) if (name !== 'term_run') database.exec(`DROP INDEX ${String(name)}`)
}

class Comparison {
  readonly #live: DatabaseSync
  readonly #aside: DatabaseSync
  readonly #pause: () => Promise<void>
  readonly #differences: ProjectionDifference[]
  readonly #columns: ColumnCheck
  readonly #vault: VaultCheck
  /** Undefined when the stored rows follow from other rules. */
  readonly #derivation: Derivation | undefined
  readonly #notCompared: string | undefined
  readonly #select: StatementSync
  readonly #head: StatementSync
  /** Entries below this index are derived aside. */
  #done = 0
  #compared = 0
  /** Leaves that do not parse, or rows in a wrong place, leave nothing to compare with. */
  #isBroken = false

  constructor(live: DatabaseSync, aside: DatabaseSync, options: CompareOptions, differences: ProjectionDifference[]) {
    this.#live = live
    this.#aside = aside
    this.#pause = options.pause
    this.#differences = differences
    this.#head = live.prepare('SELECT size FROM head')
    this.#select = live.prepare('SELECT idx, event_id, run, block, leaf FROM event WHERE idx >= ? ORDER BY idx LIMIT ?')
    this.#columns = new ColumnCheck(live)
    this.#vault = new VaultCheck(live, aside)
    const version = this.#size() === 0 ? projectionVersion : derivedBy(live)
    if (version === projectionVersion) this.#derivation = new Derivation(new ProjectionTable(aside))
    else if (version >= 1 && version < projectionVersion && !options.isKeptCurrent) {
      this.#notCompared =
        'they were derived by an older version of this program, and are derived anew when the log is next opened for writing'
    } else {
      differences.push({
        table: 'application_id',
        id: String(version),
        message: 'names rules that no writer of this log has derived its rows by, so they could not be compared',
      })
    }
  }

  async run(): Promise<ProjectionComparison> {
    const result = (notCompared = this.#notCompared): ProjectionComparison => ({
      compared: this.#compared,
      differences: this.#differences.slice(0, differencesMax),
      ...(notCompared !== undefined && { notCompared }),
    })
    while (this.#done < this.#size()) {
      this.#foldChunk()
      if (this.#isBroken) return result()
      await this.#pause()
    }
    const steps = [
      ...(this.#derivation === undefined ? [] : this.#tableSteps()),
      this.#vaultStep((after) => this.#vault.blocks(this.#differences, after)),
      this.#vaultStep((after) => this.#vault.keys(this.#differences, after)),
    ]
    for (const step of steps) {
      for (let isLast = false; !isLast && this.#differences.length < differencesMax;) {
        if (!(await this.#comeClose())) return result('the log grows faster than it can be compared; try again later')
        isLast = this.#held(step)
        if (this.#isBroken) return result()
        await this.#pause()
      }
    }
    return result()
  }

  /** Each looks at a page and says whether it was the last. */
  #tableSteps(): (() => boolean)[] {
    const pages = tablePages(this.#live, this.#aside).map((table) => () => {
      const { rows, isLast } = table.next(this.#differences)
      this.#compared += rows
      return isLast
    })
    const strays = (): boolean => {
      this.#differences.push(...strayStates(this.#live))
      return true
    }
    return [...pages, strays]
  }

  #vaultStep(look: (after: number | undefined) => number | undefined): () => boolean {
    let after: number | undefined
    return () => {
      after = look(after)
      return after === undefined
    }
  }

  #size(): number {
    return Number(this.#head.get()?.['size'] ?? 0)
  }

  /** Comes so close to the head that the rest can be done while rows are held still. */
  async #comeClose(): Promise<boolean> {
    for (let chunks = 0; chunks < chaseChunksMax; chunks += 1) {
      if (this.#size() - this.#done <= lagEventsMax) return true
      this.#foldChunk()
      if (this.#isBroken) return true
      await this.#pause()
    }
    return false
  }

  /** Looks at a page in a transaction in which both sides are of the same head. */
  #held(look: () => boolean): boolean {
    this.#live.exec('BEGIN')
    try {
      while (this.#done < this.#size() && !this.#isBroken) this.#foldChunk()
      return this.#isBroken || look()
    } finally {
      this.#live.exec('COMMIT')
    }
  }

  /** Derives the next entries. */
  #foldChunk(): void {
    const rows = this.#select.all(this.#done, chunkEvents)
    const events = rows.map((row) => {
      const filed = row as unknown as FiledRow & { readonly block: number | null }
      const event = this.#columns.check(filed)
      if (typeof event === 'string') this.#differences.push({ table: 'event', id: String(row['idx']), message: event })
      else if (filed.block !== null) this.#vault.note(this.#differences, filed.block, filed.run)
      return { run: filed.run, event }
    })
    this.#done = Number(rows.at(-1)?.['idx'] ?? this.#size() - 1) + 1
    const good = events.flatMap(({ run, event }) => (typeof event === 'string' ? [] : [{ run, event }]))
    this.#isBroken ||= good.length < events.length
    if (!this.#isBroken) this.#derivation?.fold(good)
  }
}

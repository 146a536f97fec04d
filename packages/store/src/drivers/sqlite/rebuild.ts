import type { DatabaseSync } from 'node:sqlite'
import type { LeafEvent } from '../../projection/leaf.ts'
import { Projector } from '../../projection/projector.ts'
import { pragma } from './database.ts'
import type { ProjectionTable } from './projection-table.ts'

/** The version of the rules that this file's rows were derived by; see `projectionVersion`. It stands in `application_id`. */
export function derivedBy(database: DatabaseSync): number {
  return Number(pragma(database, 'application_id'))
}

const chunkEvents = 5_000

/** An event and the number of the run that its row names. */
interface FiledEvent {
  readonly run: number | null
  readonly event: LeafEvent
}

/**
 * Empties runs, actions, terms and producers and derives them again from the leaves. Run numbers stay what the events say they are.
 * Call within a transaction.
 */
export function rebuildProjections(
  database: DatabaseSync,
  projections: ProjectionTable,
  onProgress: (done: number, total: number) => void = () => {},
): { events: number } {
  const total = Number(database.prepare('SELECT size FROM head').get()?.['size'] ?? 0)
  database.exec(
    'DELETE FROM term; DELETE FROM term_key; DELETE FROM action_state; DELETE FROM action; DELETE FROM run_state; DELETE FROM run; DELETE FROM producer',
  )
  projections.reset()
  const derivation = new Derivation(projections)
  const select = database.prepare('SELECT run, leaf FROM event WHERE idx >= ? ORDER BY idx LIMIT ?')
  for (let from = 0; from < total; from += chunkEvents) {
    // Read at once, because the tables are written to in between.
    const events = select.all(from, chunkEvents).map((row) => ({
      run: row['run'] as number | null,
      event: JSON.parse(Buffer.from(row['leaf'] as Uint8Array).toString('utf8')) as LeafEvent,
    }))
    derivation.fold(events)
    onProgress(Math.min(total, from + chunkEvents), total)
  }
  return { events: total }
}

/** Folds events, chunk after chunk in index order, into tables that were empty. */
export class Derivation {
  readonly #projections: ProjectionTable
  readonly #numbered = new Set<string>()

  constructor(projections: ProjectionTable) {
    this.#projections = projections
  }

  fold(events: readonly FiledEvent[]): void {
    const projector = new Projector(this.#projections)
    for (const { run, event } of events) {
      if (event.run_id !== undefined && !this.#numbered.has(event.run_id)) {
        this.#numbered.add(event.run_id)
        this.#projections.assignRun(event.run_id, Number(run))
      }
      projector.apply(event)
    }
    this.#projections.write(projector.changes())
  }
}

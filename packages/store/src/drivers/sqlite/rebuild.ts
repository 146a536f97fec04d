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
export interface FiledEvent {
  readonly run: number | null
  readonly event: LeafEvent
}

/**
 * Empties runs, actions and terms and derives them again from the leaves. Run numbers stay what the events say they are.
 * Call within a transaction.
 */
export function rebuildProjections(
  database: DatabaseSync,
  projections: ProjectionTable,
  onProgress: (done: number, total: number) => void = () => {},
): { events: number } {
  const total = Number(database.prepare('SELECT size FROM head').get()?.['size'] ?? 0)
  database.exec(
    'DELETE FROM term; DELETE FROM term_key; DELETE FROM action_state; DELETE FROM action; DELETE FROM run_state; DELETE FROM run',
  )
  projections.reset()
  deriveProjections(projections, storedEvents(database, total), (done) => onProgress(Math.min(total, done), total))
  return { events: total }
}

/** Folds events, in index order, into tables that are empty. */
export function deriveProjections(
  projections: ProjectionTable,
  events: Iterable<FiledEvent>,
  onProgress: (done: number) => void = () => {},
): void {
  const numbers = new Set<string>()
  let done = 0
  let projector = new Projector(projections)
  const write = (): void => {
    projections.write(projector.changes())
    projector = new Projector(projections)
    onProgress(done)
  }
  for (const { run, event } of events) {
    if (event.run_id !== undefined && !numbers.has(event.run_id)) {
      numbers.add(event.run_id)
      projections.assignRun(event.run_id, Number(run))
    }
    projector.apply(event)
    done += 1
    if (done % chunkEvents === 0) write()
  }
  write()
}

function* storedEvents(database: DatabaseSync, total: number): Generator<FiledEvent> {
  const select = database.prepare('SELECT run, leaf FROM event WHERE idx >= ? ORDER BY idx LIMIT ?')
  for (let from = 0; from < total; from += chunkEvents) {
    // Read at once, because the tables are written to in between.
    for (const row of select.all(from, chunkEvents)) {
      const event = JSON.parse(Buffer.from(row['leaf'] as Uint8Array).toString('utf8')) as LeafEvent
      yield { run: row['run'] as number | null, event }
    }
  }
}

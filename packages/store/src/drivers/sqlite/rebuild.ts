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
  const numbers = new Map<string, number>()
  database.exec(
    'DELETE FROM term; DELETE FROM term_key; DELETE FROM action_state; DELETE FROM action; DELETE FROM run_state; DELETE FROM run',
  )
  projections.reset()
  const select = database.prepare('SELECT idx, run, leaf FROM event WHERE idx >= ? ORDER BY idx LIMIT ?')
  for (let from = 0; from < total; from += chunkEvents) {
    const projector = new Projector(projections)
    for (const row of select.iterate(from, chunkEvents)) {
      const event = JSON.parse(Buffer.from(row['leaf'] as Uint8Array).toString('utf8')) as LeafEvent
      if (event.run_id !== undefined && !numbers.has(event.run_id)) {
        numbers.set(event.run_id, Number(row['run']))
        projections.assignRun(event.run_id, Number(row['run']))
      }
      projector.apply(event)
    }
    projections.write(projector.changes())
    onProgress(Math.min(total, from + chunkEvents), total)
  }
  return { events: total }
}

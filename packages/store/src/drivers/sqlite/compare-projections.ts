import { DatabaseSync } from 'node:sqlite'
import { isDeepStrictEqual } from 'node:util'
import type { ProjectionComparison, ProjectionDifference } from '../../event-store.ts'
import type { LeafEvent } from '../../projection/leaf.ts'
import { projectionVersion } from '../../projection/version.ts'
import { uuidToBytes } from '../../uuid-bytes.ts'
import { migrate } from './migrate.ts'
import { ProjectionTable } from './projection-table.ts'
import { derivedBy, deriveProjections, type FiledEvent } from './rebuild.ts'

const differencesMax = 100

const comparisons = [
  {
    table: 'run',
    id: 'run_id',
    sql: 'SELECT run_id AS id, run.*, state, shown FROM run JOIN run_state USING (pk) ORDER BY run_id',
  },
  {
    table: 'action',
    id: 'action_id',
    sql: 'SELECT action_id AS id, action.*, state, shown FROM action JOIN action_state USING (pk) ORDER BY action_id',
  },
  {
    table: 'term',
    id: 'term',
    sql: `SELECT name || ' ' || typeof(value) || ' ' || value || ' ' || run.run_id || ' ' || coalesce(action.action_id, '') AS id
            FROM term JOIN term_key ON term_key.id = term.key JOIN run ON run.pk = term.run LEFT JOIN action ON action.pk = term.action ORDER BY 1`,
  },
]

/**
 * Derives runs, actions and terms aside, from the leaves as stored, and says where the stored ones differ, and where the
 * columns of an event say something else than its leaf (table `event`, by index). Reads one snapshot.
 */
export function compareWithRebuild(live: DatabaseSync): ProjectionComparison {
  const aside = new DatabaseSync('')
  try {
    migrate(aside, '')
    dropIndexes(aside)
    // One read transaction: head, rows and leaves of the same moment. It is long, so it is for verification only.
    live.exec('BEGIN')
    const size = Number(live.prepare('SELECT size FROM head').get()?.['size'] ?? 0)
    const columns = new ColumnCheck(live)
    // Rows that other rules made are not wrong; they are made anew when the log is next opened for writing.
    const derivedByOtherRules = derivedBy(live) !== projectionVersion
    aside.exec('BEGIN')
    // Every leaf is parsed once: it is checked and folded on the same way.
    const events = checkedEvents(live, columns)
    if (derivedByOtherRules) for (const _event of events);
    else deriveProjections(new ProjectionTable(aside), events)
    // Leaves that do not parse, or rows in a wrong place, leave nothing to compare with.
    if (columns.differences.length > 0) return { compared: size, differences: columns.differences }
    if (derivedByOtherRules) return { compared: size, differences: [], derivedByOtherRules }
    aside.exec('COMMIT')
    return compareTables(live, aside)
  } finally {
    if (live.isTransaction) live.exec('ROLLBACK')
    aside.close()
  }
}

/** Nobody filters what is derived aside, and keeping its indexes is most of what a row costs. */
function dropIndexes(database: DatabaseSync): void {
  const names = database.prepare("SELECT name FROM sqlite_schema WHERE type = 'index' AND sql IS NOT NULL").all()
  for (const { name } of names) database.exec(`DROP INDEX ${String(name)}`)
}

/** The events of a log in order, up to the first that is not filed as its leaf says; all of them are checked. */
function* checkedEvents(live: DatabaseSync, columns: ColumnCheck): Generator<FiledEvent> {
  for (const row of live.prepare('SELECT idx, event_id, run, leaf FROM event ORDER BY idx').iterate()) {
    const run = row['run'] as number | null
    const event = columns.check(Number(row['idx']), row['event_id'] as Uint8Array, run, row['leaf'] as Uint8Array)
    if (event !== undefined && columns.differences.length === 0) yield { run, event }
  }
}

/** Lookups go by the columns of an event, proofs by its leaf: both have to say the same. */
class ColumnCheck {
  readonly differences: ProjectionDifference[] = []
  readonly #runIdByPk = new Map<number, string>()
  readonly #pkByRunId = new Map<string, number>()

  constructor(live: DatabaseSync) {
    for (const row of live.prepare('SELECT pk, run_id FROM run').iterate()) {
      this.#runIdByPk.set(Number(row['pk']), String(row['run_id']))
      this.#pkByRunId.set(String(row['run_id']), Number(row['pk']))
    }
  }

  /** The event that the leaf says, unless it cannot be read. */
  check(index: number, eventId: Uint8Array, run: number | null, bytes: Uint8Array): LeafEvent | undefined {
    const leaf = parsedLeaf(bytes)
    const fault = leaf === undefined ? 'has a leaf that cannot be read' : this.#fault(leaf, eventId, run)
    if (fault !== undefined && this.differences.length < differencesMax)
      this.differences.push({ table: 'event', id: String(index), message: fault })
    return leaf
  }

  #fault(leaf: LeafEvent, eventId: Uint8Array, run: number | null): string | undefined {
    if (Buffer.compare(uuidToBytes(leaf.event_id), eventId) !== 0)
      return 'is filed under another event_id than its leaf says'
    if (leaf.run_id === undefined) return run === null ? undefined : 'is filed under a run although its leaf names none'
    if (run === null) return 'is filed under no run although its leaf names one'
    // A run that lost its row is a matter of the projections; a number that stands for two runs is one of the events.
    const [runId, pk] = [this.#runIdByPk.get(run), this.#pkByRunId.get(leaf.run_id)]
    this.#runIdByPk.set(run, runId ?? leaf.run_id)
    this.#pkByRunId.set(leaf.run_id, pk ?? run)
    return (runId ?? leaf.run_id) === leaf.run_id && (pk ?? run) === run
      ? undefined
      : 'is filed under another run than its leaf says'
  }
}

function parsedLeaf({ buffer, byteOffset, byteLength }: Uint8Array): LeafEvent | undefined {
  try {
    const leaf = JSON.parse(Buffer.from(buffer, byteOffset, byteLength).toString('utf8')) as LeafEvent
    return typeof leaf.event_id === 'string' ? leaf : undefined
  } catch {
    return undefined
  }
}

function compareTables(
  live: DatabaseSync,
  aside: DatabaseSync,
): { compared: number; differences: ProjectionDifference[] } {
  const differences: ProjectionDifference[] = []
  let compared = 0
  for (const { table, sql } of comparisons) {
    const [stored, derived] = [live, aside].map((database) => database.prepare(sql).iterate()[Symbol.iterator]())
    if (stored === undefined || derived === undefined) continue
    let [a, b] = [stored.next(), derived.next()]
    while ((a.done !== true || b.done !== true) && differences.length < differencesMax) {
      const idA = a.done === true ? undefined : String(a.value['id'])
      const idB = b.done === true ? undefined : String(b.value['id'])
      compared += 1
      if (idB === undefined || (idA !== undefined && idA < idB)) {
        differences.push({ table, id: idA ?? '', message: 'stands in the tables but follows from no entry of the log' })
        a = stored.next()
      } else if (idA === undefined || idB < idA) {
        differences.push({ table, id: idB, message: 'follows from the log but is missing in the tables' })
        b = derived.next()
      } else {
        if (a.value !== undefined && b.value !== undefined && !isSame(a.value, b.value))
          differences.push({ table, id: idA, message: 'differs from what follows from the log' })
        a = stored.next()
        b = derived.next()
      }
    }
  }
  return { compared, differences }
}

/**
 * Row numbers of actions and terms may differ after a rebuild, and the order of members in a state: it depends on how the
 * events were grouped into commits. What they say may not.
 */
function isSame(a: Readonly<Record<string, unknown>>, b: Readonly<Record<string, unknown>>): boolean {
  for (const name in a) {
    if (a[name] === b[name] || name === 'pk') continue
    if (name !== 'state' || !sameState(a[name], b[name])) return false
  }
  return true
}

function sameState(a: unknown, b: unknown): boolean {
  try {
    return isDeepStrictEqual(JSON.parse(String(a)), JSON.parse(String(b)))
  } catch {
    return false
  }
}

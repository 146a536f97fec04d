import type { DatabaseSync } from 'node:sqlite'
import type { LeafEvent } from '../../projection/leaf.ts'
import { uuidToBytes } from '../../uuid-bytes.ts'

const runsPage = 5_000

/** The columns of an entry that lookups go by. */
export interface FiledRow {
  readonly event_id: Uint8Array
  readonly run: number | null
  readonly leaf: Uint8Array
}

/** Lookups go by the columns of an event, proofs by its leaf: both have to say the same. */
export class ColumnCheck {
  readonly #runIdByPk = new Map<number, string>()
  readonly #pkByRunId = new Map<string, number>()

  constructor(live: DatabaseSync) {
    const select = live.prepare('SELECT pk, run_id FROM run WHERE pk > ? ORDER BY pk LIMIT ?')
    for (let after = 0; ;) {
      const page = select.all(after, runsPage)
      for (const row of page) {
        this.#runIdByPk.set(Number(row['pk']), String(row['run_id']))
        this.#pkByRunId.set(String(row['run_id']), Number(row['pk']))
      }
      if (page.length < runsPage) return
      after = Number(page.at(-1)?.['pk'])
    }
  }

  /** The event that a row's leaf says, or what is wrong with the row. */
  check(row: FiledRow): LeafEvent | string {
    const leaf = parsedLeaf(row.leaf)
    return leaf === undefined ? 'has a leaf that cannot be read' : (this.#fault(leaf, row) ?? leaf)
  }

  #fault(leaf: LeafEvent, { event_id: eventId, run }: FiledRow): string | undefined {
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

import type { Acknowledgement, AppendResult, Refusal } from '../../event-store.ts'
import type { StopOrder } from '../../projection/stop-order.ts'

const hashBytes = 32

/** What became of a batch as it crosses back: what was stored now in columns, and apart what was not. */
export interface PackedResults {
  readonly count: number
  /** Event ids of what was stored now, with spaces between them. */
  readonly eventIds: string
  readonly indexes: Float64Array
  /** Leaf hashes of what was stored now, 32 bytes each. */
  readonly hashes: Uint8Array
  readonly recordedAt: string
  /** By position in the batch. */
  readonly others: Readonly<Record<number, Acknowledgement | Refusal>>
  /** By place among those that were stored now. */
  readonly actionDigests: Readonly<Record<number, string>>
  /** By place among those that were stored now. */
  readonly stops: Readonly<Record<number, StopOrder>>
}

/** {@link AppendResult}, packed. */
export interface PackedResult extends Pick<AppendResult, 'checkpoint' | 'size'> {
  readonly packed: PackedResults
}

/** The buffers to hand over with a result. */
export function buffersOfResult({ packed }: PackedResult): ArrayBuffer[] {
  return [packed.indexes.buffer as ArrayBuffer, packed.hashes.buffer as ArrayBuffer]
}

export function unpackResult({ packed, checkpoint, size }: PackedResult): AppendResult {
  const { count, indexes, recordedAt, others, actionDigests, stops } = packed
  const eventIds = packed.eventIds.split(' ')
  const hashes = Buffer.from(packed.hashes.buffer, packed.hashes.byteOffset, packed.hashes.length).toString('hex')
  const results: (Acknowledgement | Refusal)[] = []
  let stored = 0
  for (let at = 0; at < count; at += 1) {
    const other = others[at]
    if (other !== undefined) {
      results.push(other)
      continue
    }
    const actionDigest = actionDigests[stored]
    const stop = stops[stored]
    results.push({
      status: 'stored',
      eventId: eventIds[stored] ?? '',
      index: indexes[stored] ?? 0,
      leafHash: hashes.slice(stored * 2 * hashBytes, (stored + 1) * 2 * hashBytes),
      recordedAt,
      ...(actionDigest !== undefined && { actionDigest }),
      ...(stop !== undefined && { stop }),
    })
    stored += 1
  }
  return { results, checkpoint, size }
}

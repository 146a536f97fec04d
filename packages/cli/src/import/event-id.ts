import { createHash } from 'node:crypto'

/** What an id is made for; the same place in a run may carry an event and an action. */
export type IdKind = 'event' | 'action'

/**
 * A deterministic UUIDv8 (RFC 9562 section 5.8), ordered within its run: 48 bits of start time (or, without one, of
 * the run's digest), 20 bits position, 12 bits part, 42 bits of SHA-256 over everything. The position is never above
 * 2^20-1 and the part never above 2^12-1.
 */
export function importId(
  kind: IdKind,
  run: { readonly identity: string; readonly startMs: number | undefined },
  position: number,
  part: number,
): string {
  const digest = createHash('sha256').update(`${kind}\0${run.identity}\0${position}\0${part}`).digest()
  const prefix =
    run.startMs === undefined
      ? createHash('sha256').update(run.identity).digest().readUIntBE(0, 6)
      : Math.max(0, Math.min(run.startMs, 2 ** 48 - 1))
  const high = position >>> 8
  const low = ((position & 0xff) << 12) | part
  // 12 bits after the version, then 62 after the variant: 20 more of order, 42 of digest.
  const tail = (BigInt(low) << 42n) | (digest.readBigUInt64BE(0) & ((1n << 42n) - 1n))
  const hex =
    prefix.toString(16).padStart(12, '0') +
    '8' +
    high.toString(16).padStart(3, '0') +
    ((0b10n << 62n) | tail).toString(16).padStart(16, '0')
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-${hex.slice(12, 16)}-${hex.slice(16, 20)}-${hex.slice(20)}`
}

/** `run_seq` of a place: ordered like the ids, and the same whatever else the file holds. */
export function runSeq(position: number, part: number): number {
  return position * 10_000 + part
}

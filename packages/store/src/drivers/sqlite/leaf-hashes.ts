import { hash } from 'node:crypto'
import type { DatabaseSync } from 'node:sqlite'

const hashBytes = 32
/** What decoding puts in place of bytes that are no UTF-8. */
const replacement = '\u{fffd}'

/**
 * RFC 6962 hashes of consecutive entries as they are stored, 32 bytes each, at most `limit`; ends in front of the first
 * entry that is not there. Leaves are read as text, which costs half of what blobs cost and loses nothing: only bytes
 * that decoding replaced could be mistaken for others, and where a replacement stands the bytes themselves are hashed.
 */
export function readLeafHashes(database: DatabaseSync, from: number, limit: number): Uint8Array {
  const rows = database.prepare('SELECT idx, CAST(leaf AS TEXT) FROM event WHERE idx >= ? AND idx < ? ORDER BY idx')
  rows.setReturnArrays(true)
  const bytesOf = database.prepare('SELECT leaf FROM event WHERE idx = ?')
  const hashes = Buffer.allocUnsafeSlow(limit * hashBytes)
  let count = 0
  for (const row of rows.iterate(from, from + limit) as Iterable<unknown> as Iterable<
    readonly [number, string | null]
  >) {
    const [index, text] = row
    if (index !== from + count) break
    const digest =
      text === null || text.includes(replacement)
        ? hash(
            'sha256',
            Buffer.concat([Buffer.of(0), (bytesOf.get(index)?.['leaf'] ?? Buffer.of()) as Uint8Array]),
            'binary',
          )
        : hash('sha256', `\0${text}`, 'binary')
    hashes.write(digest, count * hashBytes, 'latin1')
    count += 1
  }
  return new Uint8Array(hashes.buffer, hashes.byteOffset, count * hashBytes)
}

import {
  createTree,
  equalHashes,
  openCheckpoint,
  parseTree,
  rootOfTiles,
  leafHash,
  TlogError,
  type NoteVerifier,
  type Tile,
} from '@counterfoil/tlog'
import { nodeCrypto } from '@counterfoil/tlog/node'
import type { DatabaseSync } from 'node:sqlite'
import { StoreError } from '../../errors.ts'
import type { RememberedHead } from '../../head-memory.ts'
import type { LeafEvent } from '../../projection/leaf.ts'
import type { HeadState } from './log-file.ts'

const nothingWritten = 'The log was not opened and nothing was written.'

/**
 * What must hold before a log may be written to: the head fits its entries, its newest checkpoint is signed by this log's
 * key for exactly this head, and the tiles give the root. Makes the head of an empty log. What a start can look at does not
 * grow with the log: the last entry, the tiles and the entries of the growing one. An entry that is missing or changed
 * further back is found by `verify`.
 */
export function checkHead(database: DatabaseSync, origin: string, verifier: NoteVerifier): HeadState {
  const row = database.prepare('SELECT size, root, edge, recorded_ms FROM head').get()
  const entries = Number(database.prepare('SELECT max(idx) AS n FROM event').get()?.['n'] ?? -1) + 1
  const newest = database.prepare('SELECT size, note FROM checkpoint ORDER BY size DESC LIMIT 1').get()
  if (row === undefined) {
    if (entries > 0 || newest !== undefined)
      throw new StoreError('head_mismatch', `The log has entries but no head. ${nothingWritten}`)
    const tree = createTree(nodeCrypto)
    const root = tree.root()
    database
      .prepare('INSERT INTO head (only, size, root, edge, recorded_ms) VALUES (1, 0, ?, ?, 0)')
      .run(root, tree.toBytes())
    return { size: 0, root, recordedMs: 0, note: undefined }
  }
  const size = Number(row['size'])
  const root = row['root'] as Uint8Array
  if (entries !== size)
    throw new StoreError(
      'head_mismatch',
      `The head says ${size} entries, but ${entries} are there. ${nothingWritten} Run "counterfoil verify".`,
    )
  if (size > 0 && newest === undefined)
    throw new StoreError('head_mismatch', `The log has ${size} entries and no signed checkpoint. ${nothingWritten}`)
  if (newest !== undefined) checkNewest(String(newest['note']), { origin, size, root }, verifier)
  const tilesRoot = rootAt(database, size, size)
  if (tilesRoot === undefined || !equalHashes(tilesRoot, root)) {
    throw new StoreError(
      'head_mismatch',
      `The tiles do not give the root of the head. ${nothingWritten} Run "counterfoil verify".`,
    )
  }
  // The next root grows out of the edge, and the next recorded_at out of recorded_ms: neither is believed unproved.
  if (!edgeFits(row['edge'] as Uint8Array, size, root)) {
    throw new StoreError(
      'head_mismatch',
      `The edge of the tree does not give the root of the head. ${nothingWritten} Run "counterfoil verify".`,
    )
  }
  const recordedMs = Number(row['recorded_ms'])
  if (recordedMs !== lastRecordedMs(database, size)) {
    throw new StoreError(
      'head_mismatch',
      `The head says another time than its last entry. ${nothingWritten} Run "counterfoil verify".`,
    )
  }
  return { size, root, recordedMs, note: newest === undefined ? undefined : String(newest['note']) }
}

/** The root of the first `at` entries by the stored tiles of a log of `size`; undefined when tiles are missing. */
export function rootAt(database: DatabaseSync, at: number, size: number): Uint8Array | undefined {
  try {
    return rootOfTiles(nodeCrypto, at, (tile) => readTile(database, tile, size))
  } catch (error) {
    if (error instanceof TlogError) return undefined
    throw error
  }
}

export function edgeFits(edge: Uint8Array, size: number, root: Uint8Array): boolean {
  try {
    const tree = parseTree(nodeCrypto, edge)
    return tree.size === size && equalHashes(tree.root(), root)
  } catch (error) {
    if (error instanceof TlogError) return false
    throw error
  }
}

/** `recorded_at` of the last entry in milliseconds, 0 for an empty log, undefined when the entry does not say. */
export function lastRecordedMs(database: DatabaseSync, size: number): number | undefined {
  if (size === 0) return 0
  const leaf = database.prepare('SELECT leaf FROM event WHERE idx = ?').get(size - 1)?.['leaf']
  try {
    const { recorded_at: at } = JSON.parse(Buffer.from(leaf as Uint8Array).toString('utf8')) as LeafEvent
    return Date.parse(at)
  } catch {
    return undefined
  }
}

function checkNewest(
  note: string,
  head: { origin: string; size: number; root: Uint8Array },
  verifier: NoteVerifier,
): void {
  let signed
  try {
    signed = openCheckpoint(note, { origin: head.origin, verifiers: [verifier] })
  } catch (error) {
    if (!(error instanceof TlogError)) throw error
    throw new StoreError(
      'head_mismatch',
      `The newest checkpoint is not signed by the key of this log. ${nothingWritten}`,
      { cause: error },
    )
  }
  if (signed.size !== head.size || !equalHashes(signed.root, head.root)) {
    throw new StoreError(
      'head_mismatch',
      `The newest checkpoint signs ${signed.size} entries, the head has ${head.size}, or their roots differ: entries were cut, added or changed outside the program. ${nothingWritten} Run "counterfoil verify".`,
    )
  }
}

/** Refuses a log that is older than, or another one than, what this machine remembers outside the data directory. */
export function checkRememberedHead(
  database: DatabaseSync,
  head: HeadState,
  remembered: RememberedHead | undefined,
): void {
  if (remembered === undefined) return
  if (remembered.size > head.size) {
    throw new StoreError(
      'rollback_detected',
      `This machine remembers the log with ${remembered.size} entries, but only ${head.size} are here: an older copy was restored, or the end was cut. ${nothingWritten} Bring back the newest copy, or accept the loss with "counterfoil recover --accept-loss".`,
    )
  }
  const root = rootAt(database, remembered.size, head.size)
  if (root === undefined || Buffer.from(root).toString('hex') !== remembered.root) {
    throw new StoreError(
      'rollback_detected',
      `This machine remembers another history of this log (another root at ${remembered.size} entries): it was forked, or entries were changed. ${nothingWritten} Run "counterfoil verify".`,
    )
  }
}

/** A tile of the log as stored; the growing tile of level 0 is hashed from its leaves. */
export function readTile(database: DatabaseSync, tile: Tile, size: number): Uint8Array {
  const row = database.prepare('SELECT hashes FROM tile WHERE level = ? AND n = ?').get(tile.level, tile.index)
  if (row !== undefined) return (row['hashes'] as Uint8Array).subarray(0, tile.width * 32)
  if (tile.level > 0) return new Uint8Array()
  const from = tile.index * 256
  const rows = database
    .prepare('SELECT leaf FROM event WHERE idx >= ? AND idx < ? ORDER BY idx')
    .all(from, Math.min(from + tile.width, size))
  return Buffer.concat(rows.map((leaf) => leafHash(nodeCrypto, leaf['leaf'] as Uint8Array)))
}

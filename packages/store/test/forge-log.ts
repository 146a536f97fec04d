import type { DatabaseSync } from 'node:sqlite'
import { createTree, leafHash, signCheckpoint, type NoteSigner } from '@counterfoil/tlog'
import { nodeCrypto } from '@counterfoil/tlog/node'

/**
 * What a careful insider does after changing entries: builds tree, tiles and head anew. With a stolen signing key the
 * newest checkpoint as well; without it the old one stays.
 */
export function forgeTree(database: DatabaseSync, options: { origin: string; signer?: NoteSigner }): void {
  const tiles = new Map<string, { level: number; n: number; hashes: Buffer; width: number }>()
  const tree = createTree(nodeCrypto)
  let recordedMs = 0
  for (const row of database.prepare('SELECT leaf FROM event ORDER BY idx').iterate()) {
    const leaf = row['leaf'] as Uint8Array
    recordedMs = Date.parse((JSON.parse(Buffer.from(leaf).toString('utf8')) as { recorded_at: string }).recorded_at)
    tree.append(leafHash(nodeCrypto, leaf), (level, position, hash) => {
      const n = Math.floor(position / 256)
      const tile = tiles.get(`${level}/${n}`) ?? { level, n, hashes: Buffer.alloc(256 * 32), width: 0 }
      tile.hashes.set(hash, (position % 256) * 32)
      tile.width = Math.max(tile.width, (position % 256) + 1)
      tiles.set(`${level}/${n}`, tile)
    })
  }
  database.exec('DELETE FROM tile')
  const insert = database.prepare('INSERT INTO tile (level, n, hashes) VALUES (?, ?, ?)')
  for (const { level, n, hashes, width } of tiles.values()) {
    if (level > 0 || width === 256) insert.run(level, n, hashes.subarray(0, width * 32))
  }
  const root = tree.root()
  database
    .prepare('UPDATE head SET size = ?, root = ?, edge = ?, recorded_ms = ?')
    .run(tree.size, root, tree.toBytes(), recordedMs)
  if (options.signer === undefined) return
  const note = signCheckpoint({ origin: options.origin, size: tree.size, root }, [options.signer])
  database.exec('DELETE FROM checkpoint')
  database.prepare('INSERT INTO checkpoint (size, signed_ms, note) VALUES (?, ?, ?)').run(tree.size, recordedMs, note)
}

/** Changes the text of one leaf. */
export function editLeaf(database: DatabaseSync, index: number, change: (leaf: string) => string): void {
  const leaf = Buffer.from(
    database.prepare('SELECT leaf FROM event WHERE idx = ?').get(index)?.['leaf'] as Uint8Array,
  ).toString('utf8')
  const changed = change(leaf)
  if (changed === leaf) throw new Error(`entry ${index} stayed as it was: ${leaf}`)
  database.prepare('UPDATE event SET leaf = ? WHERE idx = ?').run(Buffer.from(changed, 'utf8'), index)
}

import type { DatabaseSync, StatementSync } from 'node:sqlite'
import { tileWidth, type Tile } from '@counterfoil/tlog'

const hashBytes = 32

/** Full tiles, and from level 1 up the growing ones; the growing tile of level 0 is hashed from its leaves when asked for. */
export class TileTable {
  readonly #insert: StatementSync
  readonly #select: StatementSync
  #size: number
  /** The growing tile of each level. */
  readonly #growing = new Map<number, Buffer>()
  readonly #dirty = new Set<number>()

  constructor(database: DatabaseSync, size: number, hashOfLeaf: (index: number) => Uint8Array) {
    this.#insert = database.prepare(
      'INSERT INTO tile (level, n, hashes) VALUES (?, ?, ?) ON CONFLICT (level, n) DO UPDATE SET hashes = excluded.hashes',
    )
    this.#select = database.prepare('SELECT hashes FROM tile WHERE level = ? AND n = ?')
    this.#size = size
    const leaves = size % tileWidth
    for (let at = 0; at < leaves; at += 1) this.#put(0, at, hashOfLeaf(size - leaves + at))
    for (
      let level = 1, width = Math.floor(size / tileWidth);
      width > 0;
      level += 1, width = Math.floor(width / tileWidth)
    ) {
      const growing = width % tileWidth
      if (growing === 0) continue
      const row = this.#select.get(level, Math.floor(width / tileWidth))
      const hashes = row?.['hashes']
      if (hashes instanceof Uint8Array) this.#buffer(level).set(hashes.subarray(0, growing * hashBytes))
    }
  }

  /** To be passed to `Tree.append`. */
  readonly sink = (level: number, position: number, hash: Uint8Array): void => {
    this.#put(level, position % tileWidth, hash)
    if (position % tileWidth === tileWidth - 1) {
      this.#insert.run(level, Math.floor(position / tileWidth), this.#buffer(level))
      this.#dirty.delete(level)
    } else if (level > 0) this.#dirty.add(level)
  }

  /** Writes the growing tiles above level 0; call before the commit. */
  flush(size: number): void {
    this.#size = size
    for (const level of this.#dirty) {
      const width = Math.floor(size / tileWidth ** level)
      this.#insert.run(
        level,
        Math.floor(width / tileWidth),
        this.#buffer(level).subarray(0, (width % tileWidth) * hashBytes),
      )
    }
    this.#dirty.clear()
  }

  /** Reads within the writer, for inclusion proofs in acknowledgements. */
  readonly read = (tile: Tile): Uint8Array => {
    const widthOfLevel = Math.floor(this.#size / tileWidth ** tile.level)
    if (tile.index === Math.floor(widthOfLevel / tileWidth))
      return this.#buffer(tile.level).subarray(0, tile.width * hashBytes)
    const hashes = this.#select.get(tile.level, tile.index)?.['hashes']
    return hashes instanceof Uint8Array ? hashes : new Uint8Array()
  }

  #buffer(level: number): Buffer {
    let buffer = this.#growing.get(level)
    if (buffer === undefined) {
      buffer = Buffer.alloc(tileWidth * hashBytes)
      this.#growing.set(level, buffer)
    }
    return buffer
  }

  #put(level: number, slot: number, hash: Uint8Array): void {
    this.#buffer(level).set(hash, slot * hashBytes)
  }
}

import { createTree, equalHashes, hashBytes, tileWidth } from '@counterfoil/tlog'
import { nodeCrypto } from '@counterfoil/tlog/node'
import type { SqliteStore } from '@counterfoil/store'
import { hex, RunningCheck } from './running-check.ts'

const tilesPage = 16
const leavesPage = tilesPage * tileWidth

export interface RebuiltTree {
  readonly tiles: RunningCheck
  /** How many entries are there without a gap. */
  readonly size: number
  /** Roots, in hex, at the sizes that were asked for. */
  readonly rootsAt: ReadonlyMap<number, string>
}

/** Hashes every leaf again, grows the tree from the hashes, and compares every tile with the stored one. */
export async function rebuildTree(
  store: SqliteStore,
  log: string,
  options: { size: number; rootsWanted: ReadonlySet<number>; onProgress: (hashed: number) => void },
): Promise<RebuiltTree> {
  const { size, rootsWanted } = options
  const tiles = new RunningCheck('tiles')
  const rootsAt = new Map<number, string>()
  const tree = createTree(nodeCrypto)
  const upper = new UpperTiles()
  if (rootsWanted.has(0)) rootsAt.set(0, hex(tree.root()))
  for await (const { hashes, stored } of pagesOf(store, log, size)) {
    const first = tree.size
    for (let at = 0; at < hashes.length; at += hashBytes) {
      tree.append(hashes.subarray(at, at + hashBytes), upper.sink)
      if (rootsWanted.has(tree.size)) rootsAt.set(tree.size, hex(tree.root()))
    }
    // The growing tile of level 0 is not stored: it is hashed from its leaves when asked for.
    for (let index = first / tileWidth; index < Math.floor(tree.size / tileWidth); index += 1) {
      const at = (index * tileWidth - first) * hashBytes
      compareTile(tiles, 0, index, hashes.subarray(at, at + tileWidth * hashBytes), stored.get(index))
    }
    options.onProgress(tree.size)
  }
  for (const [level, built] of upper.levels) {
    for (let first = 0; first * tileWidth * hashBytes < built.length; first += tilesPage) {
      const stored = tilesByIndex(await store.storedTiles(log, level, first, tilesPage))
      for (let index = first; index < first + tilesPage; index += 1) {
        const at = index * tileWidth * hashBytes
        if (at >= built.length) break
        compareTile(tiles, level, index, built.bytes(at, at + tileWidth * hashBytes), stored.get(index))
      }
    }
  }
  const stray = await store.strayTile(log)
  if (stray !== undefined) tiles.bad(`tile ${stray} follows from no entry`)
  return { tiles, size: tree.size, rootsAt }
}

interface LeafPage {
  readonly hashes: Uint8Array
  readonly stored: ReadonlyMap<number, Uint8Array>
}

/** Reads one page ahead, so that the reader's thread hashes leaves while this one grows the tree. */
async function* pagesOf(store: SqliteStore, log: string, size: number): AsyncGenerator<LeafPage> {
  const read = async (from: number): Promise<LeafPage> => {
    const [hashes, stored] = await Promise.all([
      store.leafHashes(log, from, Math.min(leavesPage, size - from)),
      store.storedTiles(log, 0, from / tileWidth, tilesPage),
    ])
    return { hashes, stored: tilesByIndex(stored) }
  }
  let next: Promise<LeafPage> | undefined
  try {
    for (let from = 0; from < size; from += leavesPage) {
      const page = await (next ?? read(from))
      next = from + leavesPage < size ? read(from + leavesPage) : undefined
      yield page
      if (page.hashes.length < Math.min(leavesPage, size - from) * hashBytes) return
    }
  } finally {
    await next?.catch(() => undefined)
  }
}

function tilesByIndex(tiles: readonly { index: number; hashes: Uint8Array }[]): ReadonlyMap<number, Uint8Array> {
  return new Map(tiles.map(({ index, hashes }) => [index, hashes]))
}

/** The tiles above the leaves, a byte for every eight entries: they are compared when all of them are there. */
class UpperTiles {
  readonly levels = new Map<number, GrowingBytes>()
  readonly sink = (level: number, position: number, hash: Uint8Array): void => {
    if (level === 0) return
    let bytes = this.levels.get(level)
    if (bytes === undefined) this.levels.set(level, (bytes = new GrowingBytes()))
    bytes.set(position * hashBytes, hash)
  }
}

class GrowingBytes {
  length = 0
  #buffer = Buffer.alloc(tileWidth * hashBytes)

  set(at: number, bytes: Uint8Array): void {
    this.length = Math.max(this.length, at + bytes.length)
    if (this.length > this.#buffer.length) {
      const larger = Buffer.alloc(this.#buffer.length * 2)
      larger.set(this.#buffer)
      this.#buffer = larger
    }
    this.#buffer.set(bytes, at)
  }

  bytes(from: number, to: number): Uint8Array {
    return this.#buffer.subarray(from, Math.min(to, this.length))
  }
}

function compareTile(
  check: RunningCheck,
  level: number,
  index: number,
  built: Uint8Array,
  stored: Uint8Array | undefined,
): void {
  check.count += 1
  if (stored === undefined) return check.bad(`tile ${level}/${index} is missing`)
  // The tile may have grown since the head that is verified.
  if (Buffer.compare(built, stored.subarray(0, built.length)) === 0) return
  for (let slot = 0; slot * hashBytes < built.length; slot += 1) {
    const at = slot * hashBytes
    if (equalHashes(built.subarray(at, at + hashBytes), stored.subarray(at, at + hashBytes))) continue
    return check.bad(
      level === 0
        ? `entry ${index * tileWidth + slot} does not hash to what tile ${level}/${index} says`
        : `hash ${slot} of tile ${level}/${index} does not follow from the entries`,
    )
  }
}

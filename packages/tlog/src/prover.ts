import type { TlogCrypto } from './crypto.ts'
import { TlogError } from './errors.ts'
import { emptyRoot, hashBytes, nodeHash } from './hash.ts'
import { consistencyRanges, inclusionRanges, type LeafRange, nodesOfRange, type SubtreeNode } from './ranges.ts'
import { assertSize } from './size.ts'
import { type Tile, tileWidth } from './tile.ts'

/**
 * Returns the concatenated hashes of a tile. A wider version of the same tile will do (a full tile instead of the
 * partial one asked for): the first `width` hashes are used.
 */
export type TileReader = (tile: Tile) => Uint8Array

/** Makes proofs in one tree of a fixed size. Tiles and the nodes within them are kept, so many proofs cost little more than one. */
export interface Prover {
  readonly size: number
  /** The tree hash, rebuilt from tiles. */
  root(): Uint8Array
  /** Proof for leaf `index`, the leaf's sibling first. Throws `index_out_of_range`. */
  inclusion(index: number): Uint8Array[]
  /** Proof that this tree begins with the tree of `size1`. Throws `size_invalid` unless 0 < size1 <= size. */
  consistency(size1: number): Uint8Array[]
}

/** A {@link Prover} over tiles. Throws `tile_malformed` when the reader returns too few bytes or half a hash. */
export function createProver(crypto: TlogCrypto, size: number, readTile: TileReader): Prover {
  assertSize(size)
  const tiles = new Map<string, TileNodes>()

  const hashOfNode = (node: SubtreeNode): Uint8Array => {
    const { tile, height, index } = locateNode(node, size)
    const key = `${tile.level}/${tile.index}`
    let nodes = tiles.get(key)
    if (nodes === undefined) {
      nodes = new TileNodes(crypto, readChecked(readTile, tile))
      tiles.set(key, nodes)
    }
    return nodes.hash(height, index)
  }
  const hashOfRange = (range: LeafRange): Uint8Array =>
    nodesOfRange(range)
      .map(hashOfNode)
      .reduceRight((right, left) => nodeHash(crypto, left, right))

  return {
    size,
    root: () => (size === 0 ? emptyRoot(crypto) : hashOfRange({ start: 0, end: size })),
    inclusion: (index) => inclusionRanges(index, size).map(hashOfRange),
    consistency: (size1) => consistencyRanges(size1, size).map(hashOfRange),
  }
}

/** The tiles of a tree of `size` in which the hashes of these ranges stand, each once. */
export function tilesOfRanges(ranges: readonly LeafRange[], size: number): Tile[] {
  const tiles = new Map<string, Tile>()
  for (const range of ranges) {
    for (const node of nodesOfRange(range)) {
      const { tile } = locateNode(node, size)
      tiles.set(`${tile.level}/${tile.index}`, tile)
    }
  }
  return [...tiles.values()]
}

/** Where a node stands: its tile, and its height and index within that tile. */
function locateNode(node: SubtreeNode, size: number): { tile: Tile; height: number; index: number } {
  const level = Math.floor(node.height / 8)
  const height = node.height % 8
  const perTile = tileWidth / 2 ** height
  const tileIndex = Math.floor(node.index / perTile)
  const widthOfLevel = Math.floor(size / tileWidth ** level)
  const width = Math.min(tileWidth, widthOfLevel - tileIndex * tileWidth)
  return { tile: { level, index: tileIndex, width }, height, index: node.index % perTile }
}

function readChecked(readTile: TileReader, tile: Tile): Uint8Array {
  const bytes = readTile(tile)
  const enough = bytes.length >= tile.width * hashBytes && bytes.length <= tileWidth * hashBytes
  if (!enough || bytes.length % hashBytes !== 0) {
    throw new TlogError(
      'tile_malformed',
      `tile ${tile.level}/${tile.index} should have ${tile.width} hashes, the reader returned ${bytes.length} bytes`,
    )
  }
  return bytes
}

/** The nodes within one tile, each hashed when first asked for. */
class TileNodes {
  readonly #crypto: TlogCrypto
  readonly #bytes: Uint8Array
  readonly #known = new Map<number, Uint8Array>()

  constructor(crypto: TlogCrypto, bytes: Uint8Array) {
    this.#crypto = crypto
    this.#bytes = bytes
  }

  hash(height: number, index: number): Uint8Array {
    // Copied, so that a proof neither keeps a whole tile alive nor changes with the reader's buffer.
    if (height === 0) return new Uint8Array(this.#bytes.subarray(index * hashBytes, (index + 1) * hashBytes))
    const key = tileWidth / 2 ** height + index
    let hash = this.#known.get(key)
    if (hash === undefined) {
      hash = nodeHash(this.#crypto, this.hash(height - 1, 2 * index), this.hash(height - 1, 2 * index + 1))
      this.#known.set(key, hash)
    }
    return hash
  }
}

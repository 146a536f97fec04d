import type { TlogCrypto } from './crypto.ts'
import { TlogError } from './errors.ts'
import { assertHash, emptyRoot, hashBytes, nodeHash } from './hash.ts'
import { assertSize, countOnes, treeSizeMax } from './size.ts'

/**
 * Called by {@link Tree.append} for every hash that belongs into a tile: the leaf itself (level 0) and, whenever a tile
 * fills, the root of that tile (one level up). `position` counts hashes within the level: it stands in tile
 * `floor(position / 256)` at slot `position % 256`.
 */
export type TileHashSink = (level: number, position: number, hash: Uint8Array) => void

const sizeBytes = 8

/**
 * The right edge of a tree: its size and the roots of the perfect subtrees it is made of, largest first. This is all
 * that is needed to append and to know the root: at most 53 hashes however large the log is.
 */
export class Tree {
  readonly #crypto: TlogCrypto
  readonly #edge: Uint8Array[]
  #size: number

  /** Use {@link createTree} or {@link parseTree}. Takes `edge` over; it is not copied. */
  constructor(crypto: TlogCrypto, size: number, edge: Uint8Array[]) {
    assertSize(size)
    if (edge.length !== countOnes(size)) {
      throw new TlogError(
        'edge_malformed',
        `a tree of ${size} leaves has ${countOnes(size)} edge hashes, not ${edge.length}`,
      )
    }
    edge.forEach(assertHash)
    this.#crypto = crypto
    this.#size = size
    this.#edge = edge
  }

  /** Number of leaves. */
  get size(): number {
    return this.#size
  }

  /** Roots of the perfect subtrees, largest first; a copy. */
  get edge(): readonly Uint8Array[] {
    return [...this.#edge]
  }

  /**
   * Appends one leaf hash and returns its index. The array is kept, not copied. Throws `hash_malformed` for anything
   * but 32 bytes and `size_invalid` at 2^53 - 1 leaves, with the tree unchanged.
   */
  append(leafHash: Uint8Array, sink?: TileHashSink): number {
    assertHash(leafHash)
    const index = this.#size
    if (index >= treeSizeMax) throw new TlogError('size_invalid', 'the tree is full: 2^53 - 1 leaves')
    sink?.(0, index, leafHash)
    let hash = leafHash
    let height = 0
    // Each set bit at the low end of the index is a subtree that the new leaf completes.
    for (let rest = index; rest % 2 === 1; rest = Math.floor(rest / 2)) {
      const left = this.#edge.pop()
      if (left === undefined) throw new TlogError('edge_malformed', 'the edge does not fit the size')
      hash = nodeHash(this.#crypto, left, hash)
      height++
      if (height % 8 === 0) sink?.(height / 8, Math.floor(rest / 2), hash)
    }
    this.#edge.push(hash)
    this.#size = index + 1
    return index
  }

  /** The RFC 6962 tree hash. */
  root(): Uint8Array {
    let root = this.#edge.at(-1)
    if (root === undefined) return emptyRoot(this.#crypto)
    for (let i = this.#edge.length - 2; i >= 0; i--) root = nodeHash(this.#crypto, this.#edge[i] as Uint8Array, root)
    return root
  }

  /** An independent copy: appending to one leaves the other as it is. */
  clone(): Tree {
    return new Tree(this.#crypto, this.#size, [...this.#edge])
  }

  /** The size as 8 bytes big-endian, then the edge hashes, largest subtree first. {@link parseTree} reads it. */
  toBytes(): Uint8Array {
    const bytes = new Uint8Array(sizeBytes + this.#edge.length * hashBytes)
    new DataView(bytes.buffer).setBigUint64(0, BigInt(this.#size))
    this.#edge.forEach((hash, i) => bytes.set(hash, sizeBytes + i * hashBytes))
    return bytes
  }
}

/** A tree without leaves. */
export function createTree(crypto: TlogCrypto): Tree {
  return new Tree(crypto, 0, [])
}

/** Reads what {@link Tree.toBytes} wrote. Throws `edge_malformed` for every other length or size. */
export function parseTree(crypto: TlogCrypto, bytes: Uint8Array): Tree {
  if (bytes.length < sizeBytes) throw new TlogError('edge_malformed', 'an edge starts with eight bytes of size')
  const size = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength).getBigUint64(0)
  if (size > BigInt(treeSizeMax)) throw new TlogError('edge_malformed', 'the size of the edge is above 2^53 - 1')
  const count = countOnes(Number(size))
  if (bytes.length !== sizeBytes + count * hashBytes) {
    throw new TlogError(
      'edge_malformed',
      `the edge of ${size} leaves has ${count} hashes, this one has ${bytes.length} bytes`,
    )
  }
  const edge: Uint8Array[] = []
  // Copied: the caller may reuse its buffer (a database row, a network frame).
  for (let i = 0; i < count; i++) {
    edge.push(new Uint8Array(bytes.subarray(sizeBytes + i * hashBytes, sizeBytes + (i + 1) * hashBytes)))
  }
  return new Tree(crypto, Number(size), edge)
}

import type { TlogCrypto } from './crypto.ts'
import { TlogError } from './errors.ts'
import { equalHashes, hashBytes, nodeHash } from './hash.ts'
import { createProver, type TileReader, tilesOfRanges } from './prover.ts'
import { inclusionRanges } from './ranges.ts'
import { assertIndex } from './size.ts'
import type { Tile } from './tile.ts'

/** A claim that `leafHash` is leaf `index` of the tree of `size` leaves; `proof` starts with the leaf's sibling. */
export interface InclusionClaim {
  readonly index: number
  readonly size: number
  readonly leafHash: Uint8Array
  readonly proof: readonly Uint8Array[]
}

/**
 * The root that a proof leads to (RFC 9162 section 2.1.3.2). The number of hashes is bound to index and size: a proof
 * with one hash more or less throws `proof_malformed`; an index outside the tree throws `index_out_of_range`.
 */
export function rootFromInclusion(crypto: TlogCrypto, claim: InclusionClaim): Uint8Array {
  const { index, size, leafHash, proof } = claim
  assertIndex(index, size)
  if (leafHash.length !== hashBytes) throw new TlogError('proof_malformed', 'the leaf hash has not 32 bytes')
  let hash = leafHash
  let node = index
  let last = size - 1
  for (const sibling of proof) {
    if (last === 0) throw new TlogError('proof_malformed', 'the proof has more hashes than the tree has levels')
    if (sibling.length !== hashBytes) throw new TlogError('proof_malformed', 'a hash of the proof has not 32 bytes')
    if (node % 2 === 1 || node === last) {
      hash = nodeHash(crypto, sibling, hash)
      // A last node without a right neighbour rises unhashed until it is itself a right child.
      while (node % 2 === 0 && node !== 0) {
        node /= 2
        last = Math.floor(last / 2)
      }
    } else {
      hash = nodeHash(crypto, hash, sibling)
    }
    node = Math.floor(node / 2)
    last = Math.floor(last / 2)
  }
  if (last !== 0) throw new TlogError('proof_malformed', 'the proof has fewer hashes than the tree has levels')
  return hash
}

/**
 * Returns when the proof leads from the leaf hash to `root`, and throws otherwise: `proof_invalid` when it leads to
 * another root, `proof_malformed` or `index_out_of_range` when it cannot be a proof for this index and size.
 */
export function verifyInclusion(crypto: TlogCrypto, claim: InclusionClaim & { readonly root: Uint8Array }): void {
  if (!equalHashes(rootFromInclusion(crypto, claim), claim.root)) {
    throw new TlogError(
      'proof_invalid',
      `the proof does not show leaf ${claim.index} in this tree of ${claim.size} leaves`,
    )
  }
}

/** Makes one inclusion proof. For several in one tree use `createProver`. */
export function makeInclusionProof(
  crypto: TlogCrypto,
  index: number,
  size: number,
  readTile: TileReader,
): Uint8Array[] {
  return createProver(crypto, size, readTile).inclusion(index)
}

/** The tiles that an inclusion proof needs, so that an asynchronous reader can fetch them first. */
export function tilesForInclusion(index: number, size: number): Tile[] {
  return tilesOfRanges(inclusionRanges(index, size), size)
}

import type { TlogCrypto } from './crypto.ts'
import { TlogError } from './errors.ts'
import { equalHashes, hashBytes, nodeHash } from './hash.ts'
import { createProver, type TileReader, tilesOfRanges } from './prover.ts'
import { consistencyRanges } from './ranges.ts'
import { assertSize } from './size.ts'
import type { Tile } from './tile.ts'

/** A claim that the tree of `size2` leaves begins with the tree of `size1` leaves. */
export interface ConsistencyClaim {
  readonly size1: number
  readonly root1: Uint8Array
  readonly size2: number
  readonly root2: Uint8Array
  readonly proof: readonly Uint8Array[]
}

/**
 * Returns when the proof connects both roots (RFC 9162 section 2.1.4.2), and throws otherwise: `proof_invalid` when it
 * leads to other roots, `proof_malformed` when it cannot be a proof for these sizes, `size_invalid` unless
 * 0 < size1 <= size2. Equal sizes need an empty proof and equal roots.
 */
export function verifyConsistency(crypto: TlogCrypto, claim: ConsistencyClaim): void {
  const { size1, root1, size2, root2, proof } = claim
  assertSize(size2)
  assertSize(size1, 1)
  if (size1 > size2) throw new TlogError('size_invalid', `a tree of ${size2} leaves cannot begin with ${size1} leaves`)
  for (const hash of [root1, root2, ...proof]) {
    if (hash.length !== hashBytes) throw new TlogError('proof_malformed', 'a hash of the proof has not 32 bytes')
  }
  if (size1 === size2) {
    if (proof.length > 0) throw new TlogError('proof_malformed', 'equal sizes need no hashes')
    if (!equalHashes(root1, root2)) throw new TlogError('proof_invalid', 'two different roots of one size')
    return
  }
  const [computed1, computed2] = rootsFromConsistency(crypto, claim)
  if (!equalHashes(computed1, root1)) throw new TlogError('proof_invalid', 'the proof does not lead to the older root')
  if (!equalHashes(computed2, root2)) throw new TlogError('proof_invalid', 'the proof does not lead to the newer root')
}

function rootsFromConsistency(crypto: TlogCrypto, claim: ConsistencyClaim): [Uint8Array, Uint8Array] {
  const { size1, root1, size2, proof } = claim
  let node = size1 - 1
  let last = size2 - 1
  while (node % 2 === 1) {
    node = Math.floor(node / 2)
    last = Math.floor(last / 2)
  }
  // Where the old tree is one perfect subtree, its root is the start and the proof leaves it out.
  const path = node === 0 ? [root1, ...proof] : proof
  const [first, ...rest] = path
  if (first === undefined) throw new TlogError('proof_malformed', 'the proof is empty')
  let older = first
  let newer = first
  for (const hash of rest) {
    if (last === 0) throw new TlogError('proof_malformed', 'the proof has more hashes than the tree has levels')
    if (node % 2 === 1 || node === last) {
      older = nodeHash(crypto, hash, older)
      newer = nodeHash(crypto, hash, newer)
      while (node % 2 === 0 && node !== 0) {
        node /= 2
        last = Math.floor(last / 2)
      }
    } else {
      newer = nodeHash(crypto, newer, hash)
    }
    node = Math.floor(node / 2)
    last = Math.floor(last / 2)
  }
  if (last !== 0) throw new TlogError('proof_malformed', 'the proof has fewer hashes than the tree has levels')
  return [older, newer]
}

/** Makes one consistency proof. For several in one tree use `createProver`. */
export function makeConsistencyProof(
  crypto: TlogCrypto,
  size1: number,
  size2: number,
  readTile: TileReader,
): Uint8Array[] {
  return createProver(crypto, size2, readTile).consistency(size1)
}

/** The tiles that a consistency proof needs, so that an asynchronous reader can fetch them first. */
export function tilesForConsistency(size1: number, size2: number): Tile[] {
  return tilesOfRanges(consistencyRanges(size1, size2), size2)
}

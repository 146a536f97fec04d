import type { TlogCrypto } from '../src/crypto.ts'
import { nodeHash } from '../src/hash.ts'
import type { TileReader } from '../src/prover.ts'

/** A log of any size up to 2^53 - 1 whose leaves are all alike: every perfect subtree of a height has one hash. */
export function createRepeatedLeafLog(
  crypto: TlogCrypto,
  leaf: Uint8Array,
): { root: (size: number) => Uint8Array; edge: (size: number) => Uint8Array[]; readTile: TileReader } {
  const hashByHeight = [leaf]
  const perfect = (height: number): Uint8Array => {
    for (let h = hashByHeight.length; h <= height; h++) {
      const below = hashByHeight[h - 1] ?? leaf
      hashByHeight.push(nodeHash(crypto, below, below))
    }
    return hashByHeight[height] ?? leaf
  }
  const edge = (size: number): Uint8Array[] =>
    Array.from(size.toString(2)).flatMap((bit, i, bits) => (bit === '1' ? [perfect(bits.length - 1 - i)] : []))
  return {
    edge,
    root: (size) => edge(size).reduceRight((right, left) => nodeHash(crypto, left, right)),
    readTile: ({ level, width }) => Buffer.concat(Array.from({ length: width }, () => perfect(level * 8))),
  }
}

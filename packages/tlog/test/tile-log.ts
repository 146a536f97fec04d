import type { TlogCrypto } from '../src/crypto.ts'
import { leafHash } from '../src/hash.ts'
import type { TileReader } from '../src/prover.ts'
import { createTree } from '../src/tree.ts'

/** A log in memory, kept as a store keeps it: hashes a level, filled by the sink of `append`. */
export interface TileLog {
  readonly leafHashes: readonly Uint8Array[]
  readonly levels: readonly (readonly Uint8Array[])[]
  readonly readTile: TileReader
}

/** Leaves are their own index as text, so no two are alike. */
export function createTileLog(crypto: TlogCrypto, size: number): TileLog {
  const levels: Uint8Array[][] = []
  const tree = createTree(crypto)
  for (let i = 0; i < size; i++) {
    tree.append(leafHash(crypto, new TextEncoder().encode(`leaf ${i}`)), (level, position, hash) => {
      const row = (levels[level] ??= [])
      if (row.length !== position) throw new Error(`level ${level} grew at ${position} instead of ${row.length}`)
      row.push(hash)
    })
  }
  return {
    leafHashes: levels[0] ?? [],
    levels,
    readTile({ level, index, width }) {
      const hashes = levels[level]?.slice(index * 256, index * 256 + width) ?? []
      if (hashes.length !== width) throw new Error(`no tile ${level}/${index} of width ${width}`)
      return Buffer.concat(hashes)
    },
  }
}

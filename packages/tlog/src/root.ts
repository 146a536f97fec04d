import type { TlogCrypto } from './crypto.ts'
import { createProver, type TileReader, tilesOfRanges } from './prover.ts'
import { assertSize } from './size.ts'
import type { Tile } from './tile.ts'

/** The tree hash of the first `size` leaves, from the tiles at the right edge. It trusts the tiles; it does not re-hash the leaves below them. */
export function rootOfTiles(crypto: TlogCrypto, size: number, readTile: TileReader): Uint8Array {
  return createProver(crypto, size, readTile).root()
}

/** The tiles that {@link rootOfTiles} reads. */
export function tilesForRoot(size: number): Tile[] {
  assertSize(size)
  return tilesOfRanges([{ start: 0, end: size }], size)
}

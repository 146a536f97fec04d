import type { TlogCrypto } from './crypto.ts'
import { TlogError } from './errors.ts'
import { hashBytes, nodeHash } from './hash.ts'
import { assertSize } from './size.ts'

/** Hashes in a full tile. */
export const tileWidth = 256

/** Largest level of a tile path (C2SP tlog-tiles). */
export const tileLevelMax = 63

/**
 * Coordinates of a C2SP tlog-tiles tile: the `index`-th run of 256 hashes at `level`, of which `width` (1 to 256) exist.
 * At level 0 the hashes are leaf hashes; above, each is the tree hash of a full tile one level below.
 */
export interface Tile {
  readonly level: number
  readonly index: number
  readonly width: number
}

const pathPattern = /^tile\/(0|[1-9][0-9]?)\/((?:x[0-9]{3}\/){0,5}[0-9]{3})(?:\.p\/([1-9][0-9]{0,2}))?$/

/** `tile/<L>/<N>` or `tile/<L>/<N>.p/<W>`. Throws `tile_malformed` for coordinates that no tile has. */
export function formatTilePath(tile: Tile): string {
  assertTile(tile)
  const digits = String(tile.index)
  const padded = digits.padStart(Math.ceil(digits.length / 3) * 3, '0')
  const groups = padded.match(/.{3}/g) ?? []
  const number = groups.map((group, i) => (i < groups.length - 1 ? `x${group}/` : group)).join('')
  return `tile/${tile.level}/${number}${tile.width < tileWidth ? `.p/${tile.width}` : ''}`
}

/** Reads a tile path. Throws `tile_path_malformed` for anything but the one spelling that {@link formatTilePath} writes. */
export function parseTilePath(path: string): Tile {
  const match = pathPattern.exec(path)
  if (match !== null) {
    const [, level = '', number = '', width] = match
    const tile = {
      level: Number(level),
      index: Number(number.replaceAll(/[x/]/g, '')),
      width: width === undefined ? tileWidth : Number(width),
    }
    // Formatting again refuses superfluous x000 groups and a full tile spelled as partial.
    if (isTile(tile) && formatTilePath(tile) === path) return tile
  }
  throw new TlogError('tile_path_malformed', 'not a tile path: expected tile/<level>/<index>, partial with .p/<width>')
}

/**
 * The tiles that differ between two sizes of one tree, lowest level first: each either became full (`width` 256) or is
 * the partial tile at the right edge of the new tree.
 */
export function tilesForGrowth(oldSize: number, newSize: number): Tile[] {
  assertSize(oldSize)
  assertSize(newSize)
  if (newSize < oldSize)
    throw new TlogError('size_invalid', `a tree cannot shrink from ${oldSize} to ${newSize} leaves`)
  const tiles: Tile[] = []
  let before = oldSize
  let after = newSize
  for (let level = 0; after > before; level++) {
    for (let index = Math.floor(before / tileWidth); index * tileWidth < after; index++) {
      tiles.push({ level, index, width: Math.min(tileWidth, after - index * tileWidth) })
    }
    before = Math.floor(before / tileWidth)
    after = Math.floor(after / tileWidth)
  }
  return tiles
}

/**
 * The tree hash of a full tile, which is its entry in the tile above. Throws `tile_malformed` unless `hashes` is 256
 * hashes: a partial tile must never be hashed into the level above.
 */
export function tileHash(crypto: TlogCrypto, hashes: Uint8Array): Uint8Array {
  if (hashes.length !== tileWidth * hashBytes) {
    throw new TlogError(
      'tile_malformed',
      `a full tile has ${tileWidth * hashBytes} bytes, this one has ${hashes.length}`,
    )
  }
  let row: Uint8Array[] = []
  for (let at = 0; at < hashes.length; at += hashBytes) row.push(hashes.subarray(at, at + hashBytes))
  while (row.length > 1) {
    const above: Uint8Array[] = []
    for (let i = 0; i < row.length; i += 2) above.push(nodeHash(crypto, row[i] as Uint8Array, row[i + 1] as Uint8Array))
    row = above
  }
  return row[0] as Uint8Array
}

function isTile(tile: Tile): boolean {
  const { level, index, width } = tile
  if (!Number.isInteger(level) || level < 0 || level > tileLevelMax) return false
  if (!Number.isSafeInteger(index) || index < 0) return false
  return Number.isInteger(width) && width >= 1 && width <= tileWidth
}

function assertTile(tile: Tile): void {
  if (!isTile(tile)) {
    throw new TlogError('tile_malformed', 'a tile has a level from 0 to 63, an index from 0 and a width from 1 to 256')
  }
}

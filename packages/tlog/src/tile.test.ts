import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import { codeOf } from '../test/error-code.ts'
import { mutantsOfText } from '../test/text-mutants.ts'
import { createTileLog } from '../test/tile-log.ts'
import { nodeCrypto as crypto } from './node.ts'
import { formatTilePath, parseTilePath, type Tile, tileHash, tilesForGrowth } from './tile.ts'

const tiles = fc.record({
  level: fc.integer({ min: 0, max: 63 }),
  index: fc.oneof(fc.maxSafeNat(), fc.nat(2000)),
  width: fc.integer({ min: 1, max: 256 }),
})

test('paths are those of C2SP tlog-tiles', () => {
  expect(formatTilePath({ level: 0, index: 0, width: 256 })).toBe('tile/0/000')
  expect(formatTilePath({ level: 1, index: 999, width: 1 })).toBe('tile/1/999.p/1')
  expect(formatTilePath({ level: 63, index: 1_234_067, width: 255 })).toBe('tile/63/x001/x234/067.p/255')
})

test('every tile has one path and every path one tile', () => {
  fc.assert(
    fc.property(tiles, (tile) => {
      expect(parseTilePath(formatTilePath(tile))).toEqual(tile)
    }),
  )
})

test('no other spelling is a path', () => {
  let refused = 0
  const respelled: string[] = []
  for (const path of ['tile/0/000', 'tile/12/x001/234', 'tile/3/x001/x234/067.p/17']) {
    for (const mutant of mutantsOfText(path)) {
      const code = codeOf(() => parseTilePath(mutant))
      if (code === 'accepted' && formatTilePath(parseTilePath(mutant)) !== mutant) respelled.push(mutant)
      if (code !== 'accepted') refused++
      expect(['accepted', 'tile_path_malformed']).toContain(code)
    }
  }
  for (const path of [
    'tile/64/000',
    'tile/00/000',
    'tile/0/x000/001',
    'tile/0/1',
    'tile/0/0000',
    'tile/0/000.p/256',
    'tile/0/000.p/0',
    'tile/0/000.p/01',
    'tile/0/000/',
    '/tile/0/000',
    'tile/0/x999/x999/x999/x999/x999/999',
    'tile/0/../000',
    'tile/entries/000',
  ]) {
    expect(`${path}: ${codeOf(() => parseTilePath(path))}`).toBe(`${path}: tile_path_malformed`)
  }
  expect(respelled).toEqual([])
  expect(refused).toBeGreaterThan(1000)
})

test('strings of any kind are refused with a code', () => {
  const pieces = fc.array(fc.constantFrom('tile/', '0', '000', 'x', '/', '.p/', '256', '.', '-1'), { maxLength: 12 })
  fc.assert(
    fc.property(
      fc.oneof(
        fc.string(),
        pieces.map((all) => all.join('')),
      ),
      (path) => {
        const code = codeOf(() => parseTilePath(path))
        expect(code === 'tile_path_malformed' || formatTilePath(parseTilePath(path)) === path).toBe(true)
      },
    ),
  )
})

/** The definition: level l of a tree of s leaves has floor(s / 256^l) hashes. */
function widths(size: number): Map<string, number> {
  const all = new Map<string, number>()
  for (let level = 0, count = size; count > 0; level++, count = Math.floor(size / 256 ** level)) {
    for (let index = 0; index * 256 < count; index++) all.set(`${level}/${index}`, Math.min(256, count - index * 256))
  }
  return all
}

test('growth names the tiles whose width differs, and no others', () => {
  const sizes = fc.oneof(fc.nat(2000), fc.integer({ min: 65_000, max: 66_500 }))
  fc.assert(
    fc.property(sizes, sizes, (a, b) => {
      const [oldSize, newSize] = [Math.min(a, b), Math.max(a, b)]
      const before = widths(oldSize)
      const expected = [...widths(newSize)].filter(([key, width]) => before.get(key) !== width)
      const grown = tilesForGrowth(oldSize, newSize).map((tile) => [`${tile.level}/${tile.index}`, tile.width])
      expect(grown).toEqual(expected)
    }),
  )
  expect(tilesForGrowth(69_999, 70_000)).toEqual([{ level: 0, index: 273, width: 112 }])
  expect(codeOf(() => tilesForGrowth(2, 1))).toBe('size_invalid')
})

test('the hash of a full tile is its entry one level up', () => {
  const log = createTileLog(crypto, 1024)
  for (let index = 0; index < 4; index++) {
    const full: Tile = { level: 0, index, width: 256 }
    expect(Buffer.from(tileHash(crypto, log.readTile(full)))).toEqual(Buffer.from(log.levels[1]?.[index] ?? []))
  }
  expect(codeOf(() => tileHash(crypto, new Uint8Array(255 * 32)))).toBe('tile_malformed')
})

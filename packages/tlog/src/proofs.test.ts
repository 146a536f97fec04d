import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import { codeOf } from '../test/error-code.ts'
import { consistencySides, inclusionSides, NaiveTree } from '../test/naive-tree.ts'
import { mutantsOfHash, mutantsOfHashes, mutantsOfNumber } from '../test/proof-mutants.ts'
import { createRepeatedLeafLog } from '../test/repeated-leaf-log.ts'
import { createTileLog } from '../test/tile-log.ts'
import { makeConsistencyProof, tilesForConsistency, verifyConsistency } from './consistency.ts'
import { leafHash } from './hash.ts'
import { makeInclusionProof, rootFromInclusion, tilesForInclusion, verifyInclusion } from './inclusion.ts'
import { nodeCrypto as crypto } from './node.ts'
import { createProver, type TileReader } from './prover.ts'
import { rootOfTiles, tilesForRoot } from './root.ts'
import type { Tile } from './tile.ts'

const log = createTileLog(crypto, 65_539)
const naive = new NaiveTree(crypto, log.leafHashes)
const leafAt = (index: number): Uint8Array => log.leafHashes[index] ?? new Uint8Array()
const boundaries = [253, 254, 255, 256, 257, 258, 259, 65_533, 65_534, 65_535, 65_536, 65_537, 65_538, 65_539]
const hex = (hashes: readonly Uint8Array[]): string => hashes.map((hash) => Buffer.from(hash).toString('hex')).join()

test('proofs and roots from tiles equal the naive tree at every size to 2,000', () => {
  const wrong: string[] = []
  for (let size = 1; size <= 2000; size++) {
    const prover = createProver(crypto, size, log.readTile)
    const root = prover.root()
    if (hex([root]) !== hex([naive.hash(0, size)])) wrong.push(`root of ${size}`)
    // Both ends, and two places that wander as the size grows.
    for (const index of new Set([0, size - 1, (size * 7919) % size, Math.floor(size * ((size * 0.618) % 1))])) {
      const proof = prover.inclusion(index)
      if (hex(proof) !== hex(naive.path(index, 0, size))) wrong.push(`inclusion of ${index} in ${size}`)
      verifyInclusion(crypto, { index, size, leafHash: leafAt(index), proof, root })
    }
  }
  expect(wrong).toEqual([])
})

test('every leaf of every tree to 70 leaves is provable, and every pair of sizes consistent', () => {
  for (let size = 1; size <= 70; size++) {
    const prover = createProver(crypto, size, log.readTile)
    const root2 = prover.root()
    for (let index = 0; index < size; index++) {
      const proof = prover.inclusion(index)
      verifyInclusion(crypto, { index, size, leafHash: leafAt(index), proof, root: root2 })
      const size1 = index + 1
      const connected = prover.consistency(size1)
      expect(hex(connected)).toBe(hex(naive.consistency(size1, 0, size)))
      verifyConsistency(crypto, { size1, root1: naive.hash(0, size1), size2: size, root2, proof: connected })
    }
  }
})

test('sampled pairs of sizes to 2,000 are consistent', () => {
  const sizes = fc.integer({ min: 1, max: 2000 })
  fc.assert(
    fc.property(sizes, sizes, (a, b) => {
      const [size1, size2] = [Math.min(a, b), Math.max(a, b)]
      const proof = makeConsistencyProof(crypto, size1, size2, log.readTile)
      expect(hex(proof)).toBe(hex(naive.consistency(size1, 0, size2)))
      const [root1, root2] = [naive.hash(0, size1), naive.hash(0, size2)]
      verifyConsistency(crypto, { size1, root1, size2, root2, proof })
    }),
    { numRuns: 1000 },
  )
})

test('proofs hold across the tile boundaries 256 and 65,536', () => {
  for (const size of boundaries) {
    const prover = createProver(crypto, size, log.readTile)
    const root = naive.hash(0, size)
    expect(hex([rootOfTiles(crypto, size, log.readTile)])).toBe(hex([root]))
    for (const index of [0, 1, 255, 256, size - 258, size - 2, size - 1].filter((i) => i >= 0 && i < size)) {
      const proof = prover.inclusion(index)
      expect(hex(proof)).toBe(hex(naive.path(index, 0, size)))
      verifyInclusion(crypto, { index, size, leafHash: leafAt(index), proof, root })
    }
    for (const size1 of [1, 2, ...boundaries].filter((older) => older <= size)) {
      const proof = prover.consistency(size1)
      expect(hex(proof)).toBe(hex(naive.consistency(size1, 0, size)))
      verifyConsistency(crypto, { size1, root1: naive.hash(0, size1), size2: size, root2: root, proof })
    }
  }
})

test('sizes up to 2^53 - 1 are proved and verified', () => {
  const leaf = leafHash(crypto, new Uint8Array())
  const huge = createRepeatedLeafLog(crypto, leaf)
  const sizes = [2 ** 31, 2 ** 32 + 1, 2 ** 40 - 1, 2 ** 52 + 3, Number.MAX_SAFE_INTEGER]
  for (const size of sizes) {
    const prover = createProver(crypto, size, huge.readTile)
    const root = huge.root(size)
    expect(hex([prover.root()])).toBe(hex([root]))
    for (const index of [0, 2 ** 31 - 1, Math.floor(size / 3), size - 1]) {
      verifyInclusion(crypto, { index, size, leafHash: leaf, proof: prover.inclusion(index), root })
    }
    for (const size1 of [1, 2 ** 30 + 1, Math.floor(size / 2), size - 1, size]) {
      const proof = prover.consistency(size1)
      verifyConsistency(crypto, { size1, root1: huge.root(size1), size2: size, root2: root, proof })
    }
  }
})

function spied(make: (readTile: TileReader) => unknown): Set<string> {
  const read = new Set<string>()
  make((tile) => {
    read.add(JSON.stringify(tile))
    return log.readTile(tile)
  })
  return read
}

function listed(tiles: Tile[]): Set<string> {
  return new Set(tiles.map((tile) => JSON.stringify(tile)))
}

test('the tiles that are listed are the tiles that are read', () => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 65_539 }), fc.nat(), (size, random) => {
      const index = random % size
      expect(spied((readTile) => makeInclusionProof(crypto, index, size, readTile))).toEqual(
        listed(tilesForInclusion(index, size)),
      )
      expect(spied((readTile) => makeConsistencyProof(crypto, index + 1, size, readTile))).toEqual(
        listed(tilesForConsistency(index + 1, size)),
      )
      expect(spied((readTile) => rootOfTiles(crypto, size, readTile))).toEqual(listed(tilesForRoot(size)))
    }),
    { numRuns: 200 },
  )
})

test('a reader may answer with a wider tile, and is refused with less or half a hash', () => {
  expect(
    hex(makeInclusionProof(crypto, 3, 100, ({ level, index }) => log.readTile({ level, index, width: 256 }))),
  ).toBe(hex(naive.path(3, 0, 100)))
  for (const length of [0, 32 * 99, 32 * 100 + 1, 32 * 257]) {
    expect(codeOf(() => makeInclusionProof(crypto, 3, 100, () => new Uint8Array(length)))).toBe('tile_malformed')
  }
})

test('what no tree has is refused with its code', () => {
  const prover = createProver(crypto, 10, log.readTile)
  for (const index of [10, -1, 0.5, Number.NaN, 2 ** 53]) {
    expect(codeOf(() => prover.inclusion(index))).toBe('index_out_of_range')
  }
  for (const size1 of [0, 11, -1, 0.5]) expect(codeOf(() => prover.consistency(size1))).toBe('size_invalid')
  expect(codeOf(() => createProver(crypto, -1, log.readTile))).toBe('size_invalid')
  expect(codeOf(() => makeInclusionProof(crypto, 0, 0, log.readTile))).toBe('index_out_of_range')
})

function codeOfConsistency(
  size1: number,
  size2: number,
  root1: Uint8Array,
  root2: Uint8Array,
  proof: Uint8Array[],
): string {
  return codeOf(() => verifyConsistency(crypto, { size1, root1, size2, root2, proof }))
}

test('the trees of none and one leaf', () => {
  expect(hex([rootOfTiles(crypto, 0, log.readTile)])).toBe(hex([crypto.sha256(new Uint8Array())]))
  const [leaf, empty] = [leafAt(0), crypto.sha256(new Uint8Array())]
  verifyInclusion(crypto, { index: 0, size: 1, leafHash: leaf, proof: [], root: leaf })
  verifyConsistency(crypto, { size1: 1, root1: leaf, size2: 1, root2: leaf, proof: [] })
  // Nothing can be shown about the empty tree: every tree begins with it.
  expect(codeOfConsistency(0, 0, empty, empty, [])).toBe('size_invalid')
  expect(codeOfConsistency(0, 1, empty, leaf, [])).toBe('size_invalid')
  expect(codeOfConsistency(1, 1, leaf, leaf, [leaf])).toBe('proof_malformed')
  expect(codeOfConsistency(1, 1, leaf, empty, [])).toBe('proof_invalid')
  expect(codeOfConsistency(2, 1, leaf, leaf, [])).toBe('size_invalid')
  expect(codeOfConsistency(1, 2, leaf, leaf, [])).toBe('proof_malformed')
})

test('a proof of another length than index and size call for is malformed, whatever it leads to', () => {
  for (const size of [2, 3, 7, 8, 100]) {
    const prover = createProver(crypto, size, log.readTile)
    for (const index of [0, size - 1]) {
      const proof = prover.inclusion(index)
      for (const other of [proof.slice(1), proof.slice(0, -1), [...proof, leafAt(0)]]) {
        const claim = { index, size, leafHash: leafAt(index), proof: other }
        expect(codeOf(() => rootFromInclusion(crypto, claim))).toBe('proof_malformed')
      }
    }
    const size1 = size - 1
    const connected = prover.consistency(size1)
    const roots = { size1, root1: naive.hash(0, size1), size2: size, root2: naive.hash(0, size) }
    for (const other of [connected.slice(0, -1), [...connected, leafAt(0)]]) {
      expect(codeOf(() => verifyConsistency(crypto, { ...roots, proof: other }))).toBe('proof_malformed')
    }
  }
})

test('every mutant of an inclusion proof is rejected', () => {
  let count = 0
  const accepted: unknown[] = []
  for (const size of [1, 2, 3, 4, 5, 7, 8, 11, 13, 64, 100, 257, 1999, 65_537]) {
    const root = naive.hash(0, size)
    const prover = createProver(crypto, size, log.readTile)
    for (const index of new Set([0, 1, Math.floor(size / 2), size - 2, size - 1].filter((i) => i >= 0 && i < size))) {
      const claim = { index, size, leafHash: leafAt(index), proof: prover.inclusion(index), root }
      const mutants = [
        ...mutantsOfNumber(index).map((changed) => ({ ...claim, index: changed })),
        // A size with the same sides is the same proof: sizes are bound by the signed checkpoint, not by the proof.
        ...mutantsOfNumber(size)
          .filter(
            (n) => !Number.isSafeInteger(n) || n <= index || inclusionSides(index, n) !== inclusionSides(index, size),
          )
          .map((changed) => ({ ...claim, size: changed })),
        ...[...mutantsOfHash(claim.leafHash), ...(size > 1 ? [root] : [])].map((leaf) => ({
          ...claim,
          leafHash: leaf,
        })),
        ...[...mutantsOfHash(root), ...(size > 1 ? [claim.leafHash] : [])].map((other) => ({ ...claim, root: other })),
        ...mutantsOfHashes(claim.proof, [root, claim.leafHash]).map((proof) => ({ ...claim, proof })),
      ]
      verifyInclusion(crypto, claim)
      for (const mutant of mutants) {
        count++
        const code = codeOf(() => verifyInclusion(crypto, mutant))
        if (code === 'accepted') accepted.push(mutant)
      }
    }
  }
  process.stdout.write(`inclusion proofs: ${count - accepted.length} of ${count} mutants rejected\n`)
  expect(accepted).toEqual([])
  expect(count).toBeGreaterThan(10_000)
})

test('every mutant of a consistency proof is rejected', () => {
  let count = 0
  const accepted: unknown[] = []
  for (const size2 of [1, 2, 3, 4, 6, 7, 8, 13, 64, 100, 257, 1999, 65_537]) {
    const root2 = naive.hash(0, size2)
    const prover = createProver(crypto, size2, log.readTile)
    for (const size1 of new Set(
      [1, 2, 3, 4, Math.floor(size2 / 2), size2 - 1, size2].filter((n) => n >= 1 && n <= size2),
    )) {
      const root1 = naive.hash(0, size1)
      const claim = { size1, root1, size2, root2, proof: prover.consistency(size1) }
      const sides = consistencySides(size1, size2)
      const differs = (a: number, b: number): boolean =>
        !Number.isSafeInteger(a) || !Number.isSafeInteger(b) || a < 1 || a > b || consistencySides(a, b) !== sides
      const mutants = [
        ...mutantsOfNumber(size1)
          .filter((n) => differs(n, size2))
          .map((changed) => ({ ...claim, size1: changed })),
        ...mutantsOfNumber(size2)
          .filter((n) => differs(size1, n))
          .map((changed) => ({ ...claim, size2: changed })),
        ...mutantsOfHash(root1).map((other) => ({ ...claim, root1: other })),
        ...mutantsOfHash(root2).map((other) => ({ ...claim, root2: other })),
        ...(size1 === size2
          ? []
          : [
              { ...claim, root1: root2, root2: root1 },
              { ...claim, size1: size2, size2: size1 },
            ]),
        ...mutantsOfHashes(claim.proof, [root1, root2]).map((proof) => ({ ...claim, proof })),
      ]
      verifyConsistency(crypto, claim)
      for (const mutant of mutants) {
        count++
        const code = codeOf(() => verifyConsistency(crypto, mutant))
        if (code === 'accepted') accepted.push(mutant)
      }
    }
  }
  process.stdout.write(`consistency proofs: ${count - accepted.length} of ${count} mutants rejected\n`)
  expect(accepted).toEqual([])
  expect(count).toBeGreaterThan(10_000)
})

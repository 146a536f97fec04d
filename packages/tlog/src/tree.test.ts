import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import { codeOf } from '../test/error-code.ts'
import { NaiveTree } from '../test/naive-tree.ts'
import { createRepeatedLeafLog } from '../test/repeated-leaf-log.ts'
import { createTileLog } from '../test/tile-log.ts'
import { emptyRoot, leafHash, nodeHash } from './hash.ts'
import { nodeCrypto as crypto } from './node.ts'
import { createTree, parseTree, Tree } from './tree.ts'

const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString('hex')

test('hashes are those of RFC 6962', () => {
  expect(hex(emptyRoot(crypto))).toBe('e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855')
  expect(hex(leafHash(crypto, new Uint8Array()))).toBe(
    '6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d',
  )
  // A node and a leaf of the same bytes differ: the prefix is part of the hash.
  const pair = new Uint8Array(64)
  expect(hex(nodeHash(crypto, pair.subarray(0, 32), pair.subarray(32)))).not.toBe(hex(leafHash(crypto, pair)))
  expect(codeOf(() => nodeHash(crypto, pair, pair.subarray(32)))).toBe('hash_malformed')
  expect(codeOf(() => nodeHash(crypto, pair.subarray(32), pair.subarray(33)))).toBe('hash_malformed')
})

test('every root from 0 to 2,000 leaves is that of the naive tree, and survives its bytes', () => {
  const { leafHashes } = createTileLog(crypto, 2000)
  const naive = new NaiveTree(crypto, leafHashes)
  const tree = createTree(crypto)
  const wrong: number[] = []
  for (let size = 0; size <= 2000; size++) {
    const expected = hex(naive.hash(0, size))
    const copy = parseTree(crypto, tree.toBytes())
    if (hex(tree.root()) !== expected || hex(copy.root()) !== expected || copy.size !== size) {
      wrong.push(size)
    }
    tree.append(leafHashes[size] ?? new Uint8Array(32))
  }
  expect(wrong).toEqual([])
})

test('a clone lives apart from its tree', () => {
  const { leafHashes } = createTileLog(crypto, 12)
  const tree = createTree(crypto)
  for (const hash of leafHashes.slice(0, 7)) tree.append(hash)
  const before = hex(tree.root())
  const copy = tree.clone()
  for (const hash of leafHashes.slice(7)) copy.append(hash)
  expect(hex(tree.root())).toBe(before)
  expect(hex(copy.root())).toBe(hex(new NaiveTree(crypto, leafHashes).hash(0, 12)))
})

test('sizes above 2^31 and 2^52 append as small ones do, and the tree ends at 2^53 - 1', () => {
  const leaf = leafHash(crypto, new Uint8Array())
  const log = createRepeatedLeafLog(crypto, leaf)
  for (const size of [2 ** 31 - 2, 2 ** 32 - 1, 2 ** 40 + 5, 2 ** 52 - 1, Number.MAX_SAFE_INTEGER - 3]) {
    const tree = new Tree(crypto, size, log.edge(size))
    for (let i = 0; i < 3; i++) {
      expect(tree.append(leaf)).toBe(size + i)
      expect(hex(tree.root())).toBe(hex(log.root(size + i + 1)))
    }
    expect(hex(parseTree(crypto, tree.toBytes()).root())).toBe(hex(tree.root()))
  }
  const full = new Tree(crypto, Number.MAX_SAFE_INTEGER, log.edge(Number.MAX_SAFE_INTEGER))
  expect(codeOf(() => full.append(leaf))).toBe('size_invalid')
  expect(full.size).toBe(Number.MAX_SAFE_INTEGER)
})

test('a bad leaf hash leaves the tree as it was', () => {
  const tree = createTree(crypto)
  tree.append(leafHash(crypto, Uint8Array.of(1)))
  const before = hex(tree.toBytes())
  for (const length of [0, 31, 33]) expect(codeOf(() => tree.append(new Uint8Array(length)))).toBe('hash_malformed')
  expect(hex(tree.toBytes())).toBe(before)
})

test('edge bytes that no tree writes are refused', () => {
  const tree = createTree(crypto)
  for (const hash of createTileLog(crypto, 11).leafHashes) tree.append(hash)
  const bytes = tree.toBytes()
  for (let length = 0; length < bytes.length; length++) {
    expect(codeOf(() => parseTree(crypto, bytes.subarray(0, length)))).toBe('edge_malformed')
  }
  expect(codeOf(() => parseTree(crypto, Uint8Array.of(...bytes, 0)))).toBe('edge_malformed')
  expect(codeOf(() => parseTree(crypto, new Uint8Array(8).fill(255)))).toBe('edge_malformed')
  expect(codeOf(() => new Tree(crypto, 3, []))).toBe('edge_malformed')
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 200 }), (random) => {
      const code = codeOf(() => parseTree(crypto, random))
      return code === 'edge_malformed' || Buffer.compare(parseTree(crypto, random).toBytes(), random) === 0
    }),
  )
})

import * as fc from 'fast-check'
import { DatabaseSync } from 'node:sqlite'
import { leafHash } from '@counterfoil/tlog'
import { nodeCrypto } from '@counterfoil/tlog/node'
import { expect, test } from 'vitest'
import { readLeafHashes } from './leaf-hashes.ts'

function databaseOf(leaves: ReadonlyMap<number, Uint8Array>): DatabaseSync {
  const database = new DatabaseSync(':memory:')
  database.exec('CREATE TABLE event (idx INTEGER PRIMARY KEY, leaf BLOB NOT NULL) STRICT')
  const insert = database.prepare('INSERT INTO event VALUES (?, ?)')
  for (const [index, leaf] of leaves) insert.run(index, leaf)
  return database
}

function hashesOf(leaves: readonly Uint8Array[]): string[] {
  using database = databaseOf(new Map(leaves.entries()))
  const hashes = Buffer.from(readLeafHashes(database, 0, leaves.length + 1))
  expect(hashes.length).toBe(leaves.length * 32)
  return leaves.map((_, at) => hashes.subarray(at * 32, at * 32 + 32).toString('hex'))
}

const expected = (leaf: Uint8Array): string => Buffer.from(leafHash(nodeCrypto, leaf)).toString('hex')

test('the hash is that of the stored bytes, also where they are no text', () => {
  const pieces = fc.oneof(
    fc.uint8Array({ maxLength: 40 }),
    fc.string({ unit: 'binary', maxLength: 20 }).map((text) => new Uint8Array(Buffer.from(text, 'utf8'))),
    fc.constantFrom(
      // A byte order mark, U+FFFD itself, cut and overlong sequences, surrogates, beyond U+10FFFF, NUL.
      ...['efbbbf', 'efbfbd', 'f09f98', 'c080', 'eda080', 'f4908080', '00', 'ff', 'fffe'].map(
        (hex) => new Uint8Array(Buffer.from(hex, 'hex')),
      ),
    ),
  )
  const leaf = fc.array(pieces, { maxLength: 5 }).map((parts) => new Uint8Array(Buffer.concat(parts)))
  fc.assert(
    fc.property(fc.array(leaf, { maxLength: 20 }), (leaves) => {
      expect(hashesOf(leaves)).toEqual(leaves.map(expected))
    }),
    { numRuns: 500 },
  )
})

test('bytes that decode to the same text have different hashes', () => {
  const [kept, changed] = ['efbfbd', 'f09f98'].map((hex) => Buffer.from(`7b22${hex}227d`, 'hex'))
  expect(kept?.toString('utf8')).toBe(changed?.toString('utf8'))
  expect(new Set(hashesOf([kept, changed].filter((leaf) => leaf !== undefined))).size).toBe(2)
})

test('reading ends in front of the first entry that is not there, and at the limit', () => {
  const leaf = Buffer.from('{}')
  using database = databaseOf(new Map([0, 1, 2, 4, 5].map((index) => [index, leaf])))
  expect(readLeafHashes(database, 0, 10).length).toBe(3 * 32)
  expect(readLeafHashes(database, 0, 2).length).toBe(2 * 32)
  expect(readLeafHashes(database, 3, 10).length).toBe(0)
  expect(readLeafHashes(database, 4, 10).length).toBe(2 * 32)
  expect(readLeafHashes(database, 9, 10).length).toBe(0)
})

import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { ed25519 } from '@noble/curves/ed25519.js'
import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { findSharedData } from '../../../test/shared-data.ts'
import { nodeCrypto } from './node.ts'
import { isWeakPublicKey } from './weak-key.ts'
import { webCrypto } from './web.ts'

const implementations = [
  ['node', nodeCrypto],
  ['web', webCrypto],
] as const

interface WycheproofFile {
  readonly testGroups: readonly {
    readonly publicKey: { readonly pk: string }
    readonly tests: readonly {
      readonly tcId: number
      readonly msg: string
      readonly sig: string
      readonly result: string
    }[]
  }[]
}

const folder = findSharedData('wycheproof')

describe.runIf(folder !== undefined)('Wycheproof Ed25519', () => {
  test.each(implementations)('%s gives the answer of every vector', (_name, crypto) => {
    const file = JSON.parse(readFileSync(join(folder ?? '', 'ed25519_test.json'), 'utf8')) as WycheproofFile
    const wrong: number[] = []
    let count = 0
    for (const group of file.testGroups) {
      for (const { tcId, msg, sig, result } of group.tests) {
        count++
        const key = bytes(group.publicKey.pk)
        if (crypto.verifyEd25519(key, bytes(msg), bytes(sig)) !== (result === 'valid')) wrong.push(tcId)
      }
    }
    expect(wrong).toEqual([])
    expect(count).toBe(151)
  })
})

test('node and web agree on hashes, keys, signatures and every damaged signature', () => {
  const seeds = fc.uint8Array({ minLength: 32, maxLength: 32 })
  fc.assert(
    fc.property(seeds, fc.uint8Array({ maxLength: 300 }), fc.nat(511), (seed, message, bit) => {
      expect(Buffer.from(webCrypto.sha256(message))).toEqual(Buffer.from(nodeCrypto.sha256(message)))
      const key = nodeCrypto.publicKeyEd25519(seed)
      expect(Buffer.from(webCrypto.publicKeyEd25519(seed))).toEqual(Buffer.from(key))
      const signature = nodeCrypto.signEd25519(seed, message)
      expect(Buffer.from(webCrypto.signEd25519(seed, message))).toEqual(Buffer.from(signature))
      const damaged = new Uint8Array(signature)
      damaged[bit >> 3] = (damaged[bit >> 3] ?? 0) ^ (1 << (bit & 7))
      for (const [, crypto] of implementations) {
        expect(crypto.verifyEd25519(key, message, signature)).toBe(true)
        expect(crypto.verifyEd25519(key, message, damaged)).toBe(false)
        expect(crypto.verifyEd25519(key, Uint8Array.of(...message, 0), signature)).toBe(false)
        expect(crypto.verifyEd25519(key, message, signature.subarray(0, 63))).toBe(false)
        expect(crypto.verifyEd25519(key.subarray(0, 31), message, signature)).toBe(false)
      }
    }),
    { numRuns: 40 },
  )
})

test('keys of small order and encodings above the prime are weak, others are not', () => {
  const torsion = ed25519.Point.fromHex('c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a')
  const small = Array.from({ length: 8 }, (_, k) => torsion.multiplyUnsafe(BigInt(k)).toBytes())
  expect(new Set(small.map((key) => Buffer.from(key).toString('hex'))).size).toBe(8)
  const message = new TextEncoder().encode('any text')
  for (const key of small) {
    const otherSign = new Uint8Array(key)
    otherSign[31] = (otherSign[31] ?? 0) ^ 0x80
    for (const weak of [key, otherSign]) {
      expect(isWeakPublicKey(weak)).toBe(true)
      // With S = 0 and R = the neutral element such keys "sign" texts at random; none may pass.
      const signature = Uint8Array.of(1, ...new Uint8Array(63))
      for (const [, crypto] of implementations) expect(crypto.verifyEd25519(weak, message, signature)).toBe(false)
    }
  }
  for (let low = 0xed; low <= 0xff; low++) {
    expect(isWeakPublicKey(Uint8Array.of(low, ...new Uint8Array(30).fill(0xff), 0x7f))).toBe(true)
  }
  expect(isWeakPublicKey(Uint8Array.of(0xeb, ...new Uint8Array(30).fill(0xff), 0x7f))).toBe(false)
  expect(isWeakPublicKey(nodeCrypto.publicKeyEd25519(new Uint8Array(32)))).toBe(false)
})

test('a signature that only the equation with the cofactor accepts is refused by both', () => {
  // Public key A' = A + T with T of order 8: S is made with A's scalar, so the plain equation misses by kT.
  const { Point } = ed25519
  const torsion = Point.fromHex('c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a')
  const { scalar, point } = ed25519.utils.getExtendedPublicKey(new Uint8Array(32).fill(9))
  const key = point.add(torsion).toBytes()
  const r = 12_345n
  const encodedR = Point.BASE.multiply(r).toBytes()
  let refused = 0
  for (let i = 0; i < 16; i++) {
    const message = Uint8Array.of(i)
    const k = readLittleEndian(hash512(Buffer.concat([encodedR, key, message]))) % Point.Fn.ORDER
    const s = (r + k * scalar) % Point.Fn.ORDER
    const signature = Buffer.concat([encodedR, writeLittleEndian(s)])
    expect(ed25519.verify(signature, message, key, { zip215: false })).toBe(true)
    const answers = implementations.map(([, crypto]) => crypto.verifyEd25519(key, message, signature))
    expect(answers[1]).toBe(answers[0])
    if (!answers[0]) refused++
  }
  // One k in eight is a multiple of 8, for which kT vanishes.
  expect(refused).toBeGreaterThan(8)
})

function bytes(hex: string): Uint8Array {
  return new Uint8Array(Buffer.from(hex, 'hex'))
}

function hash512(data: Uint8Array): Uint8Array {
  return createHash('sha512').update(data).digest()
}

function readLittleEndian(data: Uint8Array): bigint {
  return BigInt(`0x${Buffer.from(data).reverse().toString('hex')}`)
}

function writeLittleEndian(value: bigint): Uint8Array {
  return Buffer.from(value.toString(16).padStart(64, '0'), 'hex').reverse()
}

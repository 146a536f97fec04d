import { ed25519 } from '@noble/curves/ed25519.js'
import { sha256, sha512 } from '@noble/hashes/sha2.js'
import type { TlogCrypto } from './crypto.ts'
import { equalHashes } from './hash.ts'
import { isWeakPublicKey } from './weak-key.ts'

/** The crypto port for browsers, in plain JavaScript: slower than `@counterfoil/tlog/node`, with the same answers. */
export const webCrypto: TlogCrypto = {
  sha256: (data) => sha256(data),
  signEd25519: (seed, message) => ed25519.sign(message, seed),
  verifyEd25519(publicKey, message, signature) {
    if (publicKey.length !== 32 || signature.length !== 64 || isWeakPublicKey(publicKey)) return false
    try {
      return verifyWithoutCofactor(publicKey, message, signature)
    } catch {
      // The key is not a point of the curve.
      return false
    }
  },
  publicKeyEd25519: (seed) => ed25519.getPublicKey(seed),
}

/**
 * RFC 8032 section 5.1.7 with the equation without the cofactor, and R compared as bytes: what OpenSSL and Go do. The
 * library's own `verify` multiplies by the cofactor also with `zip215: false`, and so accepts signatures of crafted
 * keys that they refuse.
 */
function verifyWithoutCofactor(publicKey: Uint8Array, message: Uint8Array, signature: Uint8Array): boolean {
  const { Point } = ed25519
  const order = Point.Fn.ORDER
  const s = readLittleEndian(signature.subarray(32))
  if (s >= order) return false
  const encodedR = signature.subarray(0, 32)
  const key = Point.fromBytes(publicKey, false)
  const input = new Uint8Array(64 + message.length)
  input.set(encodedR)
  input.set(publicKey, 32)
  input.set(message, 64)
  const k = readLittleEndian(sha512(input)) % order
  const r = Point.BASE.multiplyUnsafe(s).subtract(key.multiplyUnsafe(k))
  return equalHashes(r.toBytes(), encodedR)
}

function readLittleEndian(bytes: Uint8Array): bigint {
  let value = 0n
  for (let i = bytes.length - 1; i >= 0; i--) value = (value << 8n) | BigInt(bytes[i] ?? 0)
  return value
}

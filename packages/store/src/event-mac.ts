import { hash } from 'node:crypto'
import { hmacSha256, hmacSha256Hex } from './vault/hmac.ts'

const actionDigestPurpose = 'counterfoil/action-digest/v1\0'
const keyBytes = 32
const digestBytes = 32
const sentBytes = 16

/** The digest of an action over its RFC 8785 text, under a key of its own that follows from the data key. */
export function actionDigestOf(key: Uint8Array, actionId: string, actionText: Uint8Array): string {
  const actionKey = hmacSha256(key, Buffer.from(actionDigestPurpose + actionId, 'utf8'))
  return `hmac-sha256:${hmacSha256Hex(actionKey, actionText)}`
}

const sentInput = Buffer.allocUnsafeSlow(keyBytes + digestBytes)

/** Keyed hash of an event as sent: whether the same came again can be judged without keeping it, and erased with the key. */
export function sentMac(key: Uint8Array, sentDigest: Uint8Array): Buffer {
  // A keyed hash over inputs of one fixed length needs no HMAC: nothing can be appended to them.
  if (key.length !== keyBytes || sentDigest.length !== digestBytes)
    throw new RangeError('a keyed hash without HMAC takes 32 bytes of key and 32 of digest')
  sentInput.set(key)
  sentInput.set(sentDigest, keyBytes)
  return Buffer.from(hash('sha256', sentInput, 'binary').slice(0, sentBytes), 'latin1')
}

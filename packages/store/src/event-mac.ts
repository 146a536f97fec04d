import { hash } from 'node:crypto'
import type { PreparedEvent } from './prepared-event.ts'
import { hmacSha256 } from './vault/hmac.ts'

const actionDigestPurpose = 'counterfoil/action-digest/v1\0'
const sentBytes = 16

/** The digest of an action over its RFC 8785 text, under a key of its own that follows from the data key. */
export function actionDigestOf(
  event: PreparedEvent,
  actionId: string | undefined,
  key: () => Uint8Array,
): string | undefined {
  if (event.actionText === undefined || actionId === undefined) return undefined
  const actionKey = hmacSha256(key(), Buffer.from(actionDigestPurpose + actionId, 'utf8'))
  return `hmac-sha256:${hmacSha256(actionKey, Buffer.from(event.actionText, 'utf8')).toString('hex')}`
}

/** Keyed hash of an event as sent: whether the same came again can be judged without keeping it, and erased with the key. */
export function sentMac(key: Uint8Array, sentDigest: string): Buffer {
  // A keyed hash over inputs of one fixed length needs no HMAC: nothing can be appended to them.
  return Buffer.from(
    hash('sha256', Buffer.concat([key, Buffer.from(sentDigest, 'hex')]), 'binary').slice(0, sentBytes),
    'latin1',
  )
}

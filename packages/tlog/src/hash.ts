import type { TlogCrypto } from './crypto.ts'
import { TlogError } from './errors.ts'

/** Length of every hash, in bytes. */
export const hashBytes = 32

const leafPrefix = 0x00
const nodePrefix = 0x01

// One buffer for all interior nodes: hashing is synchronous and the crypto port may not keep its input.
const nodeInput = new Uint8Array(1 + 2 * hashBytes)
nodeInput[0] = nodePrefix

/** RFC 6962 section 2.1: SHA-256(0x00 ‖ leaf), over the exact bytes that are stored. */
export function leafHash(crypto: TlogCrypto, leaf: Uint8Array): Uint8Array {
  const input = new Uint8Array(1 + leaf.length)
  input[0] = leafPrefix
  input.set(leaf, 1)
  return crypto.sha256(input)
}

/** RFC 6962 section 2.1: SHA-256(0x01 ‖ left ‖ right). Throws `hash_malformed` unless both are 32 bytes. */
export function nodeHash(crypto: TlogCrypto, left: Uint8Array, right: Uint8Array): Uint8Array {
  // A shorter array would leave bytes of an earlier call in the shared buffer.
  assertHash(left)
  assertHash(right)
  nodeInput.set(left, 1)
  nodeInput.set(right, 1 + hashBytes)
  return crypto.sha256(nodeInput)
}

/** The root of the tree without leaves: SHA-256 of nothing. */
export function emptyRoot(crypto: TlogCrypto): Uint8Array {
  return crypto.sha256(new Uint8Array(0))
}

/** True when both hold the same bytes. Not constant time: nothing here is secret. */
export function equalHashes(a: Uint8Array, b: Uint8Array): boolean {
  if (a.length !== b.length) return false
  for (let i = 0; i < a.length; i++) if (a[i] !== b[i]) return false
  return true
}

/** Throws `hash_malformed` unless `hash` is 32 bytes. */
export function assertHash(hash: Uint8Array): void {
  if (hash.length !== hashBytes) {
    throw new TlogError('hash_malformed', `a hash has ${hashBytes} bytes, this one has ${hash.length}`)
  }
}

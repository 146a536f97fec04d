import { hash } from 'node:crypto'

const blockBytes = 64
const digestBytes = 32

// Hashing is synchronous and keeps nothing, so all calls share their input. The inner one grows to the largest body.
let inner = Buffer.allocUnsafeSlow(64 * 1024)
const outer = Buffer.allocUnsafeSlow(blockBytes + digestBytes)

/**
 * HMAC-SHA-256 (RFC 2104) by two one-shot hashes: several times faster than `createHmac` for the small bodies that a
 * log holds. The key has at most 64 bytes. Digests travel as latin1 strings, which node makes faster than buffers.
 */
export function hmacSha256(key: Uint8Array, ...parts: readonly Uint8Array[]): Buffer {
  prepareOuter(key, parts)
  return Buffer.from(hash('sha256', outer, 'binary'), 'latin1')
}

/** The same in lower-case hex. */
export function hmacSha256Hex(key: Uint8Array, ...parts: readonly Uint8Array[]): string {
  prepareOuter(key, parts)
  return hash('sha256', outer, 'hex')
}

function prepareOuter(key: Uint8Array, parts: readonly Uint8Array[]): void {
  let length = blockBytes
  for (const part of parts) length += part.length
  if (length > inner.length) inner = Buffer.allocUnsafeSlow(length)
  for (let at = 0; at < blockBytes; at += 1) {
    const byte = key[at] ?? 0
    inner[at] = 0x36 ^ byte
    outer[at] = 0x5c ^ byte
  }
  let at = blockBytes
  for (const part of parts) {
    inner.set(part, at)
    at += part.length
  }
  outer.write(hash('sha256', inner.subarray(0, length), 'binary'), blockBytes, 'latin1')
}

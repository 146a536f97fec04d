import { hash } from 'node:crypto'

const blockBytes = 64

const digestBytes = 32

/**
 * HMAC-SHA-256 (RFC 2104) by two one-shot hashes: several times faster than `createHmac` for the small bodies that a
 * log holds. The key has at most 64 bytes. Digests travel as latin1 strings, which node makes faster than buffers.
 */
export function hmacSha256(key: Uint8Array, ...parts: readonly Uint8Array[]): Buffer {
  let length = blockBytes
  for (const part of parts) length += part.length
  const inner = Buffer.allocUnsafe(length)
  const outer = Buffer.allocUnsafe(blockBytes + digestBytes)
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
  outer.write(hash('sha256', inner, 'binary'), blockBytes, 'latin1')
  return Buffer.from(hash('sha256', outer, 'binary'), 'latin1')
}

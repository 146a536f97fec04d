import { randomFillSync } from 'node:crypto'

const pool = Buffer.allocUnsafeSlow(32 * 1024)
let used = pool.length

/** Fills with random bytes out of a pool: one call into the system's generator for a thousand salts. */
export function fillRandom<Bytes extends Uint8Array>(bytes: Bytes): Bytes {
  const { length } = bytes
  if (used + length > pool.length) {
    randomFillSync(pool)
    used = 0
  }
  bytes.set(pool.subarray(used, used + length))
  // The pool must not keep a copy of a key or salt that may have to be forgotten.
  pool.fill(0, used, used + length)
  used += length
  return bytes
}

/** Fresh random bytes in memory of their own: a key that is kept must not keep a slab of buffers with it. */
export function randomBytes(length: number): Buffer {
  return fillRandom(Buffer.allocUnsafeSlow(length))
}

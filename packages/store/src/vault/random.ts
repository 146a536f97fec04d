import { randomFillSync } from 'node:crypto'

const pool = Buffer.allocUnsafeSlow(32 * 1024)
let used = pool.length

/** Fresh random bytes out of a pool: one call into the system's generator for a thousand salts. */
export function randomBytes(length: number): Buffer {
  if (used + length > pool.length) {
    randomFillSync(pool)
    used = 0
  }
  const bytes = Buffer.from(pool.subarray(used, used + length))
  // The pool must not keep a copy of a key or salt that may have to be forgotten.
  pool.fill(0, used, used + length)
  used += length
  return bytes
}

import { randomFillSync } from 'node:crypto'

const hexOfByte = Array.from({ length: 256 }, (_, byte) => byte.toString(16).padStart(2, '0'))
const poolBytes = 4_096

/**
 * Makes UUIDv7 ids (RFC 9562 section 5.7) that grow within this process, also when the clock goes back: the 12 bits
 * behind the time are a counter (section 6.2, method 1), the other 62 bits are random.
 */
export function createEventIds(now: () => number = Date.now): () => string {
  const pool = new Uint8Array(poolBytes)
  let used = poolBytes
  let lastMs = 0
  let counter = 0
  let timeText = ''
  return () => {
    const nowMs = now()
    if (nowMs > lastMs) {
      lastMs = nowMs
      counter = 0
      timeText = ''
    } else if (++counter > 0xfff) {
      lastMs += 1
      counter = 0
      timeText = ''
    }
    if (timeText === '') {
      const hex = lastMs.toString(16).padStart(12, '0')
      timeText = `${hex.slice(0, 8)}-${hex.slice(8)}-7`
    }
    if (used + 8 > poolBytes) {
      randomFillSync(pool)
      used = 0
    }
    const at = used
    used += 8
    const byte = (offset: number): string => hexOfByte[pool[at + offset] ?? 0] ?? '00'
    const variant = hexOfByte[0x80 | ((pool[at] ?? 0) & 0x3f)] ?? '80'
    return `${timeText}${counter.toString(16).padStart(3, '0')}-${variant}${byte(1)}-${byte(2)}${byte(3)}${byte(4)}${byte(5)}${byte(6)}${byte(7)}`
  }
}

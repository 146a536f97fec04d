import { crc32 } from 'node:zlib'

/**
 * One record of a segment: `CFR1`, the length of the body, the CRC-32 of length and body (both little-endian, 32 bits),
 * the body. The mark in front is how a reader finds the next record behind a damaged one.
 */
const mark = Buffer.from('CFR1', 'latin1')
const headBytes = 12

/** More than any event with its payload; a length beyond it is damage. */
export const recordBytesMax = 4 * 1024 * 1024

/** How many bytes a body takes in a segment. */
export function recordBytes(body: Uint8Array): number {
  return headBytes + body.length
}

/** Appends the record of `body` to a list of buffers to be written. */
export function encodeRecord(body: Uint8Array): Buffer {
  const record = Buffer.allocUnsafe(headBytes + body.length)
  mark.copy(record, 0)
  record.writeUInt32LE(body.length, 4)
  record.set(body, headBytes)
  record.writeUInt32LE(checksum(record, 0, body.length), 8)
  return record
}

function checksum(bytes: Buffer, at: number, length: number): number {
  return crc32(bytes.subarray(at + headBytes, at + headBytes + length), crc32(bytes.subarray(at + 4, at + 8)))
}

export interface ReadRecords {
  readonly bodies: readonly Buffer[]
  /** Up to here everything was read; what is behind is a torn tail when `isEnd`, otherwise not complete yet. */
  readonly end: number
  /** Where bytes were passed over because they are no record: damage within the segment. */
  readonly damaged: readonly { readonly from: number; readonly to: number }[]
}

/**
 * Reads records from bytes that may hold anything. A damaged stretch is passed over up to the next whole record and
 * reported; what cannot be read at the end, with no whole record behind it, is a torn tail.
 */
export function readRecords(bytes: Buffer, from = 0, bodiesMax = Infinity): ReadRecords {
  const bodies: Buffer[] = []
  const damaged: { from: number; to: number }[] = []
  let at = from
  while (at < bytes.length && bodies.length < bodiesMax) {
    const body = bodyAt(bytes, at)
    if (body !== undefined) {
      bodies.push(body)
      at += headBytes + body.length
      continue
    }
    const next = nextRecord(bytes, at + 1)
    if (next === undefined) break
    damaged.push({ from: at, to: next })
    at = next
  }
  return { bodies, end: at, damaged }
}

function bodyAt(bytes: Buffer, at: number): Buffer | undefined {
  if (at + headBytes > bytes.length || bytes.compare(mark, 0, 4, at, at + 4) !== 0) return undefined
  const length = bytes.readUInt32LE(at + 4)
  if (length > recordBytesMax || at + headBytes + length > bytes.length) return undefined
  if (bytes.readUInt32LE(at + 8) !== checksum(bytes, at, length)) return undefined
  return bytes.subarray(at + headBytes, at + headBytes + length)
}

function nextRecord(bytes: Buffer, from: number): number | undefined {
  for (let at = bytes.indexOf(mark, from); at !== -1; at = bytes.indexOf(mark, at + 1)) {
    if (bodyAt(bytes, at) !== undefined) return at
  }
  return undefined
}

import { crc32 } from 'node:zlib'

/**
 * One record of a segment: `CFR1`, the length of the body (32 bits), its number within the folder (64 bits), the CRC-32
 * of length, number and body, the body; all numbers little-endian. The mark in front is how a reader finds the next
 * record behind a damaged one; the number says which one that is.
 */
const mark = Buffer.from('CFR1', 'latin1')
const headBytes = 20
const lengthAt = 4
const numberAt = 8
const checksumAt = 16

/** Far more than any event with its payload; a length beyond it is damage. */
const recordBytesMax = 16 * 1024 * 1024

export interface SpoolRecord {
  /** Which event of its folder it is: `producer.seq` for those of a process. */
  readonly number: number
  readonly body: Buffer
}

/** The records of consecutive events, as one piece of a segment. */
export function encodeRecords(texts: readonly string[], first: number): Buffer {
  let size = 0
  for (const text of texts) size += headBytes + Buffer.byteLength(text)
  const bytes = Buffer.allocUnsafe(size)
  let at = 0
  for (const [offset, text] of texts.entries()) {
    const number = first + offset
    const length = bytes.write(text, at + headBytes)
    mark.copy(bytes, at)
    bytes.writeUInt32LE(length, at + lengthAt)
    bytes.writeUInt32LE(number >>> 0, at + numberAt)
    bytes.writeUInt32LE(Math.floor(number / 2 ** 32), at + numberAt + 4)
    bytes.writeUInt32LE(checksum(bytes, at, length), at + checksumAt)
    at += headBytes + length
  }
  return bytes
}

function checksum(bytes: Buffer, at: number, length: number): number {
  const body = bytes.subarray(at + headBytes, at + headBytes + length)
  return crc32(body, crc32(bytes.subarray(at + lengthAt, at + checksumAt)))
}

export interface ReadRecords {
  readonly records: readonly SpoolRecord[]
  /** Up to here everything was read; what is behind is a torn tail. */
  readonly end: number
  /** Where bytes were passed over because they are no record: damage within the segment. */
  readonly damaged: readonly { readonly from: number; readonly to: number }[]
}

/**
 * Reads records from bytes that may hold anything. A damaged stretch is passed over up to the next whole record and
 * reported; what cannot be read at the end, with no whole record behind it, is a torn tail.
 */
export function readRecords(bytes: Buffer): ReadRecords {
  const records: SpoolRecord[] = []
  const damaged: { from: number; to: number }[] = []
  let at = 0
  while (at < bytes.length) {
    const record = recordAt(bytes, at)
    if (record !== undefined) {
      records.push(record)
      at += headBytes + record.body.length
      continue
    }
    const next = nextRecord(bytes, at + 1)
    if (next === undefined) break
    damaged.push({ from: at, to: next })
    at = next
  }
  return { records, end: at, damaged }
}

function recordAt(bytes: Buffer, at: number): SpoolRecord | undefined {
  if (at + headBytes > bytes.length || bytes.compare(mark, 0, 4, at, at + 4) !== 0) return undefined
  const length = bytes.readUInt32LE(at + lengthAt)
  if (length > recordBytesMax || at + headBytes + length > bytes.length) return undefined
  if (bytes.readUInt32LE(at + checksumAt) !== checksum(bytes, at, length)) return undefined
  const number = bytes.readUInt32LE(at + numberAt) + bytes.readUInt32LE(at + numberAt + 4) * 2 ** 32
  return { number, body: bytes.subarray(at + headBytes, at + headBytes + length) }
}

function nextRecord(bytes: Buffer, from: number): number | undefined {
  for (let at = bytes.indexOf(mark, from); at !== -1; at = bytes.indexOf(mark, at + 1)) {
    if (recordAt(bytes, at) !== undefined) return at
  }
  return undefined
}

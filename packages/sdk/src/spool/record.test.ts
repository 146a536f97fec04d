import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { encodeRecords, readRecords, type SpoolRecord } from './record.ts'

const texts = fc.array(fc.string({ unit: 'grapheme', maxLength: 40 }), { minLength: 1, maxLength: 12 })
const numbers = fc.integer({ min: 0, max: Number.MAX_SAFE_INTEGER - 12 })
const shown = (records: readonly SpoolRecord[]): (readonly [number, string])[] =>
  records.map(({ number, body }) => [number, body.toString('utf8')] as const)
const numbered = (all: readonly string[], first: number): (readonly [number, string])[] =>
  all.map((text, offset) => [first + offset, text] as const)

describe('records of a segment', () => {
  it('read back as they were written, with their numbers', () => {
    fc.assert(
      fc.property(texts, numbers, (all, first) => {
        const bytes = encodeRecords(all, first)
        const read = readRecords(bytes)
        expect(shown(read.records)).toEqual(numbered(all, first))
        expect({ end: read.end, damaged: read.damaged }).toEqual({ end: bytes.length, damaged: [] })
      }),
    )
  })

  it('survive a cut at every byte: all that was whole is read, the torn tail begins behind it', () => {
    const all = ['one', 'two and a bit', '', 'thrëe']
    const bytes = encodeRecords(all, 7)
    for (let cut = 0; cut <= bytes.length; cut++) {
      const read = readRecords(bytes.subarray(0, cut))
      expect(shown(read.records)).toEqual(numbered(all, 7).slice(0, read.records.length))
      expect(read.end).toBe(encodeRecords(all.slice(0, read.records.length), 7).length)
      expect(bytes.length - cut === 0 || read.records.length < all.length).toBe(true)
      expect(read.damaged).toEqual([])
    }
  })

  it('a changed byte costs its record alone, and is reported unless the tail is all that follows', () => {
    fc.assert(
      fc.property(texts, fc.nat(), fc.integer({ min: 1, max: 255 }), (all, place, flip) => {
        const bytes = encodeRecords(all, 0)
        const starts = all.map((_, at) => encodeRecords(all.slice(0, at), 0).length)
        const at = place % bytes.length
        bytes[at] = (bytes[at] ?? 0) ^ flip
        const hit = starts.findLastIndex((start) => start <= at)
        const read = readRecords(bytes)
        expect(shown(read.records)).toEqual(numbered(all, 0).filter((_, index) => index !== hit))
        const isLast = hit === all.length - 1
        expect(read.damaged).toEqual(isLast ? [] : [{ from: starts[hit], to: starts[hit + 1] }])
        expect(read.end).toBe(isLast ? starts[hit] : bytes.length)
      }),
    )
  })

  it('any bytes are read without an error, and nothing is invented', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 400 }), (noise) => {
        const read = readRecords(Buffer.from(noise))
        expect(read.records).toEqual([])
        expect(read.end).toBeLessThanOrEqual(noise.length)
      }),
    )
  })
})

import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { encodeRecord, readRecords } from './record.ts'

const bodies = fc.array(fc.uint8Array({ maxLength: 60 }), { minLength: 1, maxLength: 12 })
const encode = (all: readonly Uint8Array[]): Buffer => Buffer.concat(all.map(encodeRecord))
const texts = (all: readonly Uint8Array[]): string[] => all.map((body) => Buffer.from(body).toString('hex'))

describe('records of a segment', () => {
  it('read back as they were written', () => {
    fc.assert(
      fc.property(bodies, (all) => {
        const bytes = encode(all)
        const read = readRecords(bytes)
        expect(texts(read.bodies)).toEqual(texts(all))
        expect({ end: read.end, damaged: read.damaged }).toEqual({ end: bytes.length, damaged: [] })
      }),
    )
  })

  it('survive a cut at every byte: all that was whole is read, the torn tail begins behind it', () => {
    const all = ['one', 'two and a bit', '', 'three'].map((text) => Buffer.from(text))
    const bytes = encode(all)
    for (let cut = 0; cut <= bytes.length; cut++) {
      const read = readRecords(bytes.subarray(0, cut))
      expect(texts(read.bodies)).toEqual(texts(all.slice(0, read.bodies.length)))
      expect(read.end).toBe(encode(all.slice(0, read.bodies.length)).length)
      expect(read.damaged).toEqual([])
    }
  })

  it('a changed byte costs its record alone, and is reported unless the tail is all that follows', () => {
    fc.assert(
      fc.property(bodies, fc.nat(), fc.integer({ min: 1, max: 255 }), (all, place, flip) => {
        const bytes = encode(all)
        const at = place % bytes.length
        bytes[at] = (bytes[at] ?? 0) ^ flip
        const starts: number[] = []
        all.reduce((start, body) => (starts.push(start), start + 12 + body.length), 0)
        const hit = starts.findLastIndex((start) => start <= at)
        const read = readRecords(bytes)
        expect(texts(read.bodies)).toEqual(texts(all.filter((_, index) => index !== hit)))
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
        expect(read.bodies).toEqual([])
        expect(read.end).toBeLessThanOrEqual(noise.length)
      }),
    )
  })
})

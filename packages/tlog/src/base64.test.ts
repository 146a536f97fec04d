import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import { decodeBase64, encodeBase64 } from './base64.ts'

test('bytes come back, in the spelling of RFC 4648', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 100 }), (bytes) => {
      const text = encodeBase64(bytes)
      expect(text).toBe(Buffer.from(bytes).toString('base64'))
      expect(Buffer.from(decodeBase64(text) ?? [])).toEqual(Buffer.from(bytes))
    }),
  )
})

test('what decodes is the only spelling of its bytes', () => {
  const nearMisses = fc.string({ unit: fc.constantFrom('A', 'B', 'Q', 'g', '=', '-', '_', '+', '/', '\n', 'é') })
  fc.assert(
    fc.property(fc.oneof(fc.string(), nearMisses), (text) => {
      const bytes = decodeBase64(text)
      expect(bytes === undefined || encodeBase64(bytes) === text).toBe(true)
    }),
    { numRuns: 2000 },
  )
  for (const text of [
    'A',
    'AA',
    'AAA',
    'AA=',
    '=',
    '====',
    'A===',
    'AB==',
    'AAB=',
    'AA==\n',
    'AA==AAAA',
    '-_==',
    'AA=A',
  ]) {
    expect(`${text} ${String(decodeBase64(text))}`).toBe(`${text} undefined`)
  }
})

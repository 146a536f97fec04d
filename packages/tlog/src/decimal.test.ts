import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import { parseDecimal } from './decimal.ts'

test('numbers have one spelling', () => {
  fc.assert(
    fc.property(fc.maxSafeNat(), (value) => {
      expect(parseDecimal(String(value))).toBe(value)
    }),
  )
  const texts = ['', '00', '01', '+1', '-0', '-1', ' 1', '1 ', '1\n', '1.0', '1e3', '0x1', '١', '9007199254740992']
  expect(texts.map(parseDecimal)).toEqual(texts.map(() => undefined))
})

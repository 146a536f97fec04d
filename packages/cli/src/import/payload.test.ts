import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import { fitPayload } from './payload.ts'

const sizeOf = (value: unknown): number => Buffer.byteLength(JSON.stringify(value))

test('what fits stays exactly as it is', () => {
  fc.assert(
    fc.property(fc.dictionary(fc.string(), fc.jsonValue()), (payload) => {
      expect(fitPayload(payload)).toEqual(payload)
    }),
  )
})

test('lone surrogates become replacement characters, in names too', () => {
  expect(fitPayload({ 'a\ud800': ['x\udfff', 'ok 🎉'] })).toEqual({ 'a\ufffd': ['x\ufffd', 'ok 🎉'] })
})

test('the longest strings are cut, the short ones beside them are not', () => {
  const fitted = fitPayload({ short: 'kept', long: ['é'.repeat(900_000)] })
  expect(fitted['short']).toBe('kept')
  expect(fitted['cuts']).toEqual([{ path: '/long/0', original_size: 900_000 }])
  expect(sizeOf(fitted)).toBeLessThanOrEqual(1_000_000)
})

test('a payload of names only is replaced by what is known of it', () => {
  const names = Object.fromEntries(Array.from({ length: 90 }, (_, index) => [`${'n'.repeat(40_000)}${index}`, 0]))
  expect(fitPayload({ names })).toEqual({ cuts: [{ path: '', original_size: expect.any(Number) as number }] })
})

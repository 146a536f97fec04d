import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import { normalizeTime } from './time.ts'

test.each([
  ['2025-08-01T16:16:37.295213', '2025-08-01T16:16:37.295Z'],
  ['2025-08-01T16:16:37Z', '2025-08-01T16:16:37.000Z'],
  ['2025-08-01 16:16:37.5+02:00', '2025-08-01T14:16:37.500Z'],
  ['2025-08-01T16:16:37-0530', '2025-08-01T21:46:37.000Z'],
  [1_754_064_997, '2025-08-01T16:16:37.000Z'],
  [1_754_064_997_295, '2025-08-01T16:16:37.295Z'],
])('%j is %s', (value, time) => {
  expect(normalizeTime(value)).toBe(time)
})

test.each([
  undefined,
  null,
  '',
  'now',
  '1970-01-01T00:00:00Z',
  '0001-01-01T00:00:00Z',
  0,
  -1,
  Number.NaN,
  '2025-02-30T00:00:00Z',
  '2025-08-01',
  {},
])('%j is no time', (value) => {
  expect(normalizeTime(value)).toBeUndefined()
})

test('any time within the century comes back in the form of the envelope', () => {
  fc.assert(
    fc.property(
      fc.date({ min: new Date('2000-01-01T00:00:00Z'), max: new Date('2099-12-31T23:59:59Z'), noInvalidDate: true }),
      (date) => {
        expect(normalizeTime(date.toISOString())).toBe(date.toISOString())
      },
    ),
  )
})

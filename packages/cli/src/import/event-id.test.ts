import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import { importId, runSeq } from './event-id.ts'

const run = fc.record({ identity: fc.string(), startMs: fc.option(fc.nat({ max: 2 ** 31 }), { nil: undefined }) })
const place = fc.tuple(fc.nat({ max: 2 ** 20 - 1 }), fc.nat({ max: 2 ** 12 - 1 }))

test('ids are UUIDv8 and ordered within a run as its places are', () => {
  fc.assert(
    fc.property(run, place, place, (known, a, b) => {
      const [first, second] = [importId('event', known, ...a), importId('event', known, ...b)]
      expect(first).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-8[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/)
      const order = a[0] - b[0] || a[1] - b[1]
      expect(Math.sign(first < second ? -1 : first > second ? 1 : 0)).toBe(Math.sign(order))
      expect(Math.sign(runSeq(...a) - runSeq(...b))).toBe(Math.sign(order))
    }),
  )
})

test('another run, another kind or another place is another id; the same is the same', () => {
  const known = { identity: 'a', startMs: 1_754_064_997_295 }
  const id = importId('event', known, 3, 1)
  expect(importId('event', { ...known }, 3, 1)).toBe(id)
  expect(importId('event', { ...known, identity: 'b' }, 3, 1)).not.toBe(id)
  expect(importId('action', known, 3, 1)).not.toBe(id)
  expect(id.replace('-', '').slice(0, 12)).toBe((1_754_064_997_295).toString(16).padStart(12, '0'))
})

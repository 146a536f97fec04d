import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import { formatTraceparent, parseTraceparent } from './trace-context.ts'

const trace = '4bf92f3577b34da6a3ce929d0e0e4736'
const span = '00f067aa0ba902b7'

test('reads what the standard allows, also of later versions', () => {
  expect(parseTraceparent(`00-${trace}-${span}-01`)).toEqual({ traceId: trace, spanId: span, flags: 1 })
  expect(parseTraceparent(` 00-${trace}-${span}-00 `)?.flags).toBe(0)
  expect(parseTraceparent(`cc-${trace}-${span}-01-what-comes-later`)?.traceId).toBe(trace)
  expect(formatTraceparent({ traceId: trace, spanId: span, flags: 3 })).toBe(`00-${trace}-${span}-01`)
})

test.each([
  `00-${trace}-${span}-01-more`,
  `ff-${trace}-${span}-01`,
  `00-${'0'.repeat(32)}-${span}-01`,
  `00-${trace}-${'0'.repeat(16)}-01`,
  `00-${trace.toUpperCase()}-${span}-01`,
  `00-${trace}-${span}`,
  `00-${trace}-${span}-1`,
  '',
])('%j is none', (header) => {
  expect(parseTraceparent(header)).toBeUndefined()
})

test('any text is either none or reads back', () => {
  fc.assert(
    fc.property(
      fc.oneof(fc.string(), fc.stringMatching(/^[0-9a-f]{2}-[0-9a-f]{32}-[0-9a-f]{16}-[0-9a-f]{2}$/)),
      (header) => {
        const parsed = parseTraceparent(header)
        if (parsed === undefined) return
        expect(parseTraceparent(formatTraceparent(parsed))).toEqual({ ...parsed, flags: parsed.flags & 1 })
      },
    ),
  )
})

import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { choice, flag, integer, readParameters, text, words } from './parameters.ts'
import { ProblemError } from './problem.ts'

const parameters = {
  q: text('a query', 64),
  from: integer('an index'),
  limit: integer('items', 1, 200),
  proof: flag('proofs'),
  format: choice(['json', 'tlog-proof'], 'format'),
  facets: words('keys', 3),
}

const codeOf = (target: string): string => {
  try {
    readParameters(target, parameters)
    return 'accepted'
  } catch (error) {
    return error instanceof ProblemError ? error.code : String(error)
  }
}

describe('query parameters', () => {
  test('become typed values', () => {
    const target = '/v1/runs?q=outcome%3Adone+%22a+b%22&from=7&limit=200&proof=1&format=tlog-proof&facets=a,b'
    expect(readParameters(target, parameters)).toEqual({
      q: 'outcome:done "a b"',
      from: 7,
      limit: 200,
      proof: true,
      format: 'tlog-proof',
      facets: ['a', 'b'],
    })
    expect(readParameters('/v1/runs', parameters)).toEqual({})
    expect(readParameters('/v1/runs?', parameters)).toEqual({})
    expect(readParameters('/v1/runs?q', parameters)).toEqual({ q: '' })
  })

  test.for([
    ['?q=%', 'url_invalid'],
    ['?q=%zz', 'url_invalid'],
    ['?q=%ff', 'url_invalid'],
    ['?q=%ed%a0%80', 'url_invalid'],
    ['?%=1', 'url_invalid'],
    ['?limt=1', 'parameter_unknown'],
    ['?__proto__=1', 'parameter_unknown'],
    ['?constructor=1', 'parameter_unknown'],
    ['?from=1&from=2', 'parameter_repeated'],
    ['?from=-1', 'parameter_invalid'],
    ['?from=1.5', 'parameter_invalid'],
    ['?from=01', 'parameter_invalid'],
    ['?from=1e3', 'parameter_invalid'],
    ['?from=', 'parameter_invalid'],
    ['?from=%207', 'parameter_invalid'],
    ['?from=9007199254740992', 'parameter_invalid'],
    ['?from=99999999999999999999', 'parameter_invalid'],
    ['?limit=0', 'parameter_invalid'],
    ['?limit=201', 'parameter_invalid'],
    ['?proof=yes', 'parameter_invalid'],
    ['?format=xml', 'parameter_invalid'],
    ['?facets=a,,b', 'parameter_invalid'],
    ['?facets=a,b,c,d', 'parameter_invalid'],
    [`?q=${'x'.repeat(65)}`, 'parameter_invalid'],
  ] as const)('%s is %s', ([target, code]) => {
    expect(codeOf(`/v1/runs${target}`)).toBe(code)
  })

  test('no string does anything but be accepted or refused with a code', () => {
    const known = ['accepted', 'url_invalid', 'parameter_unknown', 'parameter_repeated', 'parameter_invalid']
    const piece = fc.oneof(fc.constantFrom('q=', 'from=', '&', '=', '%', '%00', '+', 'proof', ','), fc.string())
    fc.assert(
      fc.property(fc.array(piece), (pieces) => {
        expect(known).toContain(codeOf(`/x?${pieces.join('')}`))
      }),
    )
  })

  test('an encoded value is read as it was', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme', maxLength: 10 }), (value) => {
        fc.pre(value.length <= 64)
        expect(readParameters(`/x?q=${encodeURIComponent(value)}`, parameters).q).toBe(value)
      }),
    )
  })
})

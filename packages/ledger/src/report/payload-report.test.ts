import { array, assert, constantFrom, dictionary, letrec, oneof, property, string, tuple } from 'fast-check'
import { describe, expect, it } from 'vitest'
import { payloadContent, payloadContentJson } from './payload-report.ts'

const numbers = constantFrom('0', '-0', '7', '-12', '1.5', '1.50', '-0.0', '1e3', '2E-2', '0e1', '-3.5e+7')
const longNumbers = constantFrom(
  '999999999999999',
  '9007199254740993',
  '-12345678901234567890',
  '0.1000000000000000055',
)
const space = constantFrom('', ' ', '\n', '\t ')
const { value: jsonTexts } = letrec<{ value: string }>((tie) => ({
  value: oneof(
    { depthSize: 'small', withCrossShrink: true },
    numbers,
    longNumbers,
    constantFrom('null', 'true', 'false', '""', '" 1.50"', '"[1e5"', '":-0,"'),
    string({ unit: 'binary' }).map((text) => JSON.stringify(text)),
    tuple(space, array(tie('value'), { maxLength: 4 })).map(
      ([gap, items]) => `[${gap}${items.join(`${gap},${gap}`)}${gap}]`,
    ),
    tuple(space, dictionary(string({ maxLength: 4 }), tie('value'), { maxKeys: 4 })).map(
      ([gap, members]) =>
        `{${Object.entries(members)
          .map(([name, text]) => `${gap}${JSON.stringify(name)}${gap}:${gap}${text}`)
          .join(',')}${gap}}`,
    ),
  ),
}))

describe('the content of a payload as JSON text', () => {
  it('says what the content says, whatever numbers and texts are in it', () => {
    assert(
      property(jsonTexts, (text) => {
        expect([text, JSON.parse(payloadContentJson(text))]).toEqual([
          text,
          JSON.parse(JSON.stringify(payloadContent(text))),
        ])
      }),
      { numRuns: 2_000 },
    )
  })

  it('is the text itself where no number would change', () => {
    const text = '{"note":"paid 12.50 in May, order 5513.","count":3,"list":[1,2]}'
    expect(payloadContentJson(text)).toBe('{"note":"paid 12.50 in May, order 5513.","count":3,"list":[1,2]}')
    expect(payloadContentJson('{"amount":12.50}')).toBe('{"amount":"12.50"}')
  })
})

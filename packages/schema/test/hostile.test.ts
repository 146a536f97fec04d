import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import { eventErrorCodes, limits, orderEnvelope } from '../src/index.ts'
import { definitions, verdictOn } from './_events.ts'
import { hostileTexts, mutantArbitrary, stringPlaces, withValueAt } from './_mutants.ts'

const codes: readonly string[] = eventErrorCodes

/** Whether a pointer names something that is there, or a member that is missing from something that is. */
function leadsSomewhere(event: unknown, pointer: string, mayBeMissing: boolean): boolean {
  let at: unknown = event
  const tokens = pointer.split('/').slice(1)
  for (const [position, token] of tokens.entries()) {
    if (typeof at !== 'object' || at === null) return false
    const name = token.replaceAll('~1', '/').replaceAll('~0', '~')
    if (!Object.hasOwn(at, name)) return mayBeMissing && position === tokens.length - 1
    at = (at as Record<string, unknown>)[name]
  }
  return true
}

test.each(definitions.map(({ type, example }) => [type, example] as const))(
  '%s: hostile text in every string is refused with the place of the string, or is harmless',
  (_type, example) => {
    const places = stringPlaces(example)
    expect(places.length).toBeGreaterThan(2)
    for (const place of places) {
      for (const text of hostileTexts) {
        const verdict = verdictOn(withValueAt(example, place, text))
        expect([place, text, isFair(verdict, place, text)]).toEqual([place, text, true])
      }
    }
  },
)

/** Refused with the place of the text, or of a kind that can be shown: nothing hidden, no half characters, not long. */
function isFair(verdict: ReturnType<typeof verdictOn>, place: string, text: string): boolean {
  if (verdict !== 'accepted') return verdict.pointer === place && codes.includes(verdict.code)
  const isVisible = /^[\x20-\x7e\p{L}\p{M}\p{So}]*$/u.test(text) && text.isWellFormed()
  return isVisible && Array.from(text).length <= limits.attributeStringCodePointsMax
}

test('whatever stands in an event: a code and a pointer that leads to it, or it is accepted', () => {
  let accepted = 0
  let refused = 0
  fc.assert(
    fc.property(mutantArbitrary, (event) => {
      const verdict = verdictOn(event)
      if (verdict === 'accepted') {
        accepted += 1
        return verdictOn(JSON.parse(JSON.stringify(orderEnvelope(event)))) === 'accepted'
      }
      refused += 1
      return codes.includes(verdict.code) && leadsSomewhere(event, verdict.pointer, verdict.code === 'field_missing')
    }),
    { numRuns: 4_000 },
  )
  // The generator makes both kinds, or this test would prove nothing.
  expect(accepted).toBeGreaterThan(100)
  expect(refused).toBeGreaterThan(1_000)
})

test('any JSON value at all', () => {
  fc.assert(
    fc.property(fc.jsonValue({ depthSize: 'medium' }), (value) => {
      expect(verdictOn(value)).not.toBe('accepted')
    }),
    { numRuns: 500 },
  )
})

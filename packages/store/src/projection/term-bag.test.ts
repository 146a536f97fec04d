import * as fc from 'fast-check'
import { expect, it } from 'vitest'
import { TermBag } from './term-bag.ts'

it('keeps each term once, in the order in which they came, however many they are', () => {
  const value = fc.oneof(fc.integer({ min: 0, max: 30 }), fc.integer({ min: 0, max: 30 }).map(String))
  fc.assert(
    fc.property(fc.array(fc.tuple(fc.constantFrom('a', 'b', 'c'), value), { maxLength: 300 }), (said) => {
      const bag = new TermBag()
      for (const [key, one] of said) bag.add(key, one)
      const different = new Map(said.map(([key, one]) => [JSON.stringify([key, one]), { key, value: one }]))
      expect(bag.terms).toEqual([...different.values()])
    }),
  )
})

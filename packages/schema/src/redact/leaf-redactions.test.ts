import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import { limits } from '../limits.ts'
import { leafRedactions } from './index.ts'

test('no name of a payload reaches the leaf, and each rule is named once', () => {
  const rule = 'key-password'
  expect(
    leafRedactions([
      { path: '/attributes/password', rule },
      { path: '/payload/alice.smith@example.com/password', rule },
      { path: '/payload/bob/password', rule },
      { path: '/payload/bob/card', rule: 'payment-card' },
      { path: '/summary', rule },
    ]),
  ).toEqual([
    { path: '/attributes/password', rule },
    { path: '/payload', rule },
    { path: '/payload', rule: 'payment-card' },
    { path: '/summary', rule },
  ])
})

test('a list that a producer has ended goes on counting', () => {
  const own = Array.from({ length: 100 }, (_, at) => ({ path: '/payload', rule: `rule-${at}` }))
  const sent = leafRedactions(own)
  expect(sent.at(-1)).toEqual({ path: '', rule: 'and-37-more' })
  expect(leafRedactions([...sent, { path: '/summary', rule: 'email' }])).toEqual([
    ...sent.slice(0, -1),
    { path: '', rule: 'and-38-more' },
  ])
  expect(leafRedactions([{ path: '', rule: 'and-2-more' }, ...own.slice(0, 2)])).toEqual([
    ...own.slice(0, 2),
    { path: '', rule: 'and-2-more' },
  ])
})

test('whatever the places are, the list is short and made of names of the envelope', () => {
  const token = fc.oneof(
    fc.string({ unit: 'binary', maxLength: 400 }),
    fc.constantFrom('payload', 'attributes', '0', 'x_y'),
  )
  const path = fc.array(token, { maxLength: 5 }).map((tokens) => tokens.map((one) => `/${one}`).join(''))
  const rule = fc.integer({ min: 0, max: 200 }).map((n) => `rule-${n}`)
  fc.assert(
    fc.property(fc.array(fc.record({ path, rule }), { maxLength: 200 }), (removals) => {
      const list = leafRedactions(removals)
      expect(list.length).toBeLessThanOrEqual(limits.redactionsMax)
      expect(list.length > 0).toBe(removals.length > 0)
      for (const one of list) expect(one.path).toMatch(/^(?:\/[a-z0-9_]{1,64}){0,4}$/)
      for (const one of list) expect(one.path).not.toMatch(/^\/payload\//)
      expect(leafRedactions(list)).toEqual(list)
    }),
  )
})

import { expect, it } from 'vitest'
import { StateCache } from './state-cache.ts'

it('forgets what was written longest ago, and only when it is told to', () => {
  const cache = new StateCache<number>(3_000)
  for (let key = 0; key < 10; key += 1) cache.set(String(key), key, 1_000)
  cache.set('0', 0, 1_000)
  expect(cache.get('1')).toBe(1)
  cache.trim()
  expect(Array.from({ length: 10 }, (_, key) => cache.get(String(key)))).toEqual([
    0,
    ...Array.from({ length: 8 }, () => undefined),
    9,
  ])
  cache.set('0', 1, 10)
  cache.set('small', 2, 10)
  cache.trim()
  expect([cache.get('0'), cache.get('9'), cache.get('small')]).toEqual([1, 9, 2])
})

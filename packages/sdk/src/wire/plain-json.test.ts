import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import { equalJson, freezeDeep, frozenJson, JsonLoss } from './plain-json.ts'
import { shownJson } from './shown-json.ts'

test('JSON is copied as it is, and frozen', () => {
  fc.assert(
    fc.property(fc.jsonValue(), (value) => {
      const copy = frozenJson(value)
      expect(JSON.parse(JSON.stringify(copy))).toEqual(JSON.parse(JSON.stringify(value)))
      expect(equalJson(copy, frozenJson(structuredClone(value)))).toBe(true)
      // What is no object counts as frozen.
      expect(Object.isFrozen(copy)).toBe(true)
    }),
  )
})

test('what would be lost is refused, with its place', () => {
  class Money {
    readonly amount = 5
  }
  const deep: { next?: unknown } = {}
  deep.next = deep
  for (const [value, pointer] of [
    [{ a: [1, undefined] }, '/a/1'],
    [{ 'a/b': { '~': Infinity } }, '/a~1b/~0'],
    [{ a: new Money() }, '/a'],
    [new Set([1]), ''],
    [new Uint8Array(2), ''],
    [{ a: 1n }, '/a'],
    [{ a: Symbol('x') }, '/a'],
    ['\ud800', ''],
  ] as const) {
    expect(() => frozenJson(value)).toThrow(expect.objectContaining({ name: 'JsonLoss', pointer }) as Error)
  }
  expect(() => frozenJson(deep)).toThrow(JsonLoss)
  expect(frozenJson({ a: undefined, when: new Date(0), at: new URL('https://x.example') })).toEqual({
    when: '1970-01-01T00:00:00.000Z',
    at: 'https://x.example/',
  })
  expect(Object.hasOwn(frozenJson(JSON.parse('{"__proto__": 1}')) as object, '__proto__')).toBe(true)
})

test('equality looks at values, not at the order of members', () => {
  expect(equalJson({ a: 1, b: [1, { c: null }] }, { b: [1, { c: null }], a: 1 })).toBe(true)
  expect(equalJson([1, 2], [2, 1])).toBe(false)
  expect(equalJson([], {})).toBe(false)
  expect(equalJson({ a: 1 }, { a: 1, b: 2 })).toBe(false)
  expect(equalJson({ a: null }, { b: null })).toBe(false)
})

test('freezing leaves alone what has a class', () => {
  const value = freezeDeep({ when: new Date(0), list: [{ a: 1 }] })
  expect([Object.isFrozen(value), Object.isFrozen(value.list[0]), Object.isFrozen(value.when)]).toEqual([
    true,
    true,
    false,
  ])
})

test('anything can be shown, within the limit of a payload', () => {
  fc.assert(
    fc.property(
      fc.anything({
        withBigInt: true,
        withDate: true,
        withMap: true,
        withSet: true,
        withSparseArray: true,
        withTypedArray: true,
        withNullPrototype: true,
      }),
      (value) => {
        const shown = shownJson(value)
        expect(JSON.parse(JSON.stringify(shown))).toEqual(shown)
      },
    ),
  )
  const circular: Record<string, unknown> = { a: 1 }
  circular['self'] = circular
  expect(shownJson(circular)).toEqual({ a: 1, self: '[circular]' })
  expect(shownJson(new Uint8Array(5))).toBe('[5 bytes]')
  expect(shownJson([() => 1, new Error('no'), new Map([['k', 1n]])])).toEqual([
    '[function]',
    { name: 'Error', message: 'no' },
    { k: '1' },
  ])
  for (const large of [
    'x'.repeat(5_000_000),
    Array.from({ length: 1_000_000 }, (_, n) => n),
    Object.fromEntries(Array.from({ length: 100_000 }, (_, n) => [`key${n}`, n])),
  ]) {
    const text = JSON.stringify(shownJson(large))
    expect(text.length).toBeLessThan(1_000_000)
    expect(text).toContain('[cut')
  }
})

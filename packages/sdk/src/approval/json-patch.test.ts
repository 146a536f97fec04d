import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import type { JsonInput } from '../outbox/json-input.ts'
import { equalJson } from '../wire/plain-json.ts'
import { jsonPatch, type PatchOperation } from './json-patch.ts'

type Container = Record<string, JsonInput>

/** RFC 6902 for the three operations, as simple as can be. */
function applyPatch(value: JsonInput, patch: readonly PatchOperation[]): JsonInput {
  const root = structuredClone({ value }) as Container
  for (const operation of patch) {
    const tokens = ['value', ...operation.path.split('/').slice(1)].map((token) =>
      token.replaceAll('~1', '/').replaceAll('~0', '~'),
    )
    const name = tokens.pop() ?? ''
    const parent = tokens.reduce<Container>((at, token) => at[token] as Container, root)
    if (operation.op === 'remove') delete parent[name]
    else
      Object.defineProperty(parent, name, {
        value: operation.value,
        enumerable: true,
        writable: true,
        configurable: true,
      })
  }
  return root['value'] ?? null
}

const json = fc.jsonValue({ maxDepth: 3 }) as fc.Arbitrary<JsonInput>

test('applied to the first value it gives the second', () => {
  fc.assert(
    fc.property(json, json, (from, to) => {
      expect(equalJson(applyPatch(from, jsonPatch(from, to)), to)).toBe(true)
    }),
  )
})

test('the same value needs no patch', () => {
  fc.assert(
    fc.property(json, (value) => {
      expect(jsonPatch(value, structuredClone(value))).toEqual([])
    }),
  )
})

test('says what was changed and no more', () => {
  expect(
    jsonPatch(
      { order: 'W1', lines: [{ n: 1 }, { n: 2 }], 'a/b~c': 1 },
      { order: 'W1', lines: [{ n: 1 }, { n: 3 }], note: 'x' },
    ),
  ).toEqual([
    { op: 'replace', path: '/lines/1/n', value: 3 },
    { op: 'remove', path: '/a~1b~0c' },
    { op: 'add', path: '/note', value: 'x' },
  ])
})

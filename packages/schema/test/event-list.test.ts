import { readdirSync } from 'node:fs'
import { expect, test } from 'vitest'
import { limits, orderEnvelope, producerFields, reservedTypes, serverFields } from '../src/index.ts'
import { eventTypes } from '../src/query/choices.ts'
import { queryKeyNames } from '../src/query/keys.ts'
import { definitionOf, isReservedType } from '../src/validate.ts'
import { definitions, verdictOn } from './_events.ts'

const folder = new URL('../src/events/', import.meta.url)

test('list and folder agree: one file per type, named after it', () => {
  const files = readdirSync(folder).filter((name) => name !== 'index.ts' && !name.endsWith('.test.ts'))
  const listed = definitions.map(({ type }) => `${type.replaceAll('_', '-')}.ts`)
  expect(files.toSorted()).toEqual(listed.toSorted())
})

test('each file defines the type that its name says', async () => {
  for (const { type } of definitions) {
    const module = (await import(`../src/events/${type.replaceAll('_', '-')}.ts`)) as Record<string, unknown>
    expect(Object.values(module)).toEqual([expect.objectContaining({ type })])
  }
})

test('the query language knows every type, and no other', () => {
  expect([...eventTypes].toSorted()).toEqual([...definitions.map(({ type }) => type), ...reservedTypes].toSorted())
})

test('the fourteen types at the heart keep their names', () => {
  const heart =
    'run_created run_completed run_failed input_resolved retrieval_completed decision_proposed validation_passed validation_failed approval_requested approval_granted approval_rejected tool_called side_effect_applied side_effect_blocked'
  expect(definitions.slice(0, 14).map(({ type }) => type)).toEqual(heart.split(' '))
})

test('no type stands twice, and none is both written and reserved', () => {
  const all = [...definitions.map(({ type }) => type), ...reservedTypes]
  expect(new Set(all).size).toBe(all.length)
})

test('no field has two owners', () => {
  expect(Object.keys(producerFields).filter((name) => name in serverFields)).toEqual([])
})

test.each(definitions.map((definition) => [definition.type, definition] as const))(
  '%s: its example is valid, small, and survives JSON and ordering',
  (type, definition) => {
    const text = JSON.stringify(definition.example)
    expect(verdictOn(definition.example)).toBe('accepted')
    expect(Buffer.byteLength(text)).toBeLessThan(limits.envelopeBytesMax / 8)
    expect(verdictOn(JSON.parse(text))).toBe('accepted')
    expect(orderEnvelope({ ...definition.example })).toEqual(definition.example)
    expect(definition.summary).toMatch(/\.$/)
    expect(definitionOf(type)).toBe(definition)
    expect(isReservedType(type)).toBe(definition.writer === 'server')
  },
)

test('the order of members is that of the schema, whatever order they were sent in', () => {
  for (const { example } of definitions) {
    const names = Object.keys(producerFields)
    const backwards = Object.fromEntries(Object.entries(example).toReversed())
    const ordered = Object.keys(orderEnvelope(backwards) ?? {})
    expect(ordered).toEqual(names.filter((name) => name in example))
    expect(JSON.stringify(orderEnvelope(backwards))).toBe(JSON.stringify(orderEnvelope({ ...example })))
  }
})

test('examples use no attribute that would hide a key of the query language', () => {
  const used = definitions.flatMap(({ example }) =>
    Object.keys((example as { attributes?: Record<string, unknown> }).attributes ?? {}),
  )
  expect(used.length).toBeGreaterThan(0)
  expect(used.filter((name) => queryKeyNames.includes(name))).toEqual([])
})

import { describe, expect, test } from 'vitest'
import { limits, producerFields, reservedTypes, serverFields } from '../src/index.ts'
import { queryKeyNames } from '../src/query/keys.ts'
import { acceptedVersions, isReservedType } from '../src/validate.ts'
import { definitions, eventOf, verdictOn } from './_events.ts'

const id128 = 'x'.repeat(limits.idCharactersMax)
const typed = (event_type: unknown) => verdictOn(eventOf('run_created', { event_type }))
const versioned = (schema_version: unknown) => verdictOn(eventOf('run_created', { schema_version }))
const at = (occurred_at: string) => verdictOn(eventOf('run_created', { occurred_at }))
const withId = (run_id: string) => verdictOn(eventOf('run_created', { run_id }))
const removed = (redactions: unknown) => verdictOn(eventOf('run_created', { redactions }))
const having = (attributes: unknown) => verdictOn(eventOf('decision_proposed', { attributes }))
const many = (count: number) => Object.fromEntries(Array.from({ length: count }, (_, at) => [`a${at}`, at]))

const types = definitions.map((definition) => [definition.type, definition] as const)

describe.each(types)('%s', (type, definition) => {
  const required = ['schema_version', 'event_id', 'event_type', ...definition.required]
  const names = Object.keys(definition.schema.properties)

  test.each(required)('needs %s', (name) => {
    const { [name]: _, ...event } = eventOf(type)
    expect(verdictOn(event)).toEqual({ code: 'field_missing', pointer: `/${name}` })
  })

  test('knows no other field', () => {
    const others = Object.keys(producerFields).filter((name) => !names.includes(name))
    for (const name of [...others, 'foo', 'constructor', 'toString', 'hasOwnProperty', 'Event_id', '']) {
      expect(verdictOn(eventOf(type, { [name]: 1 }))).toEqual({ code: 'field_unknown', pointer: `/${name}` })
    }
    expect(verdictOn(eventOf(type, { 'a/b~c': 1 }))).toEqual({ code: 'field_unknown', pointer: '/a~1b~0c' })
    expect(verdictOn(JSON.parse(`${JSON.stringify(eventOf(type)).slice(0, -1)},"__proto__":{"run_id":"x"}}`))).toEqual({
      code: 'field_unknown',
      pointer: '/__proto__',
    })
  })

  test('takes no field of the server', () => {
    for (const name of Object.keys(serverFields)) {
      expect(verdictOn(eventOf(type, { [name]: 'x' }))).toEqual({ code: 'field_reserved', pointer: `/${name}` })
    }
  })

  test.each(names)('refuses a %s of the wrong type', (name) => {
    for (const wrong of [null, true, 1.5, -1, [[]], Number.MAX_SAFE_INTEGER + 1, NaN]) {
      const verdict = verdictOn(eventOf(type, { [name]: wrong }))
      expect(verdict).not.toBe('accepted')
      if (verdict === 'accepted') return
      expect(verdict.code).toBe('field_invalid')
      expect(verdict.pointer === `/${name}` || verdict.pointer.startsWith(`/${name}/`)).toBe(true)
    }
  })
})

test('an event is an object', () => {
  for (const value of [null, undefined, 1, 'x', true, [], [eventOf('run_created')]]) {
    expect(verdictOn(value)).toEqual({ code: 'not_an_object', pointer: '' })
  }
})

test('types: unknown, reserved, missing, not a string', () => {
  for (const name of ['run_finished', '', 'Run_Created', 'constructor', '__proto__', 'x'.repeat(100_000), 'a\u0000']) {
    expect(typed(name)).toEqual({ code: 'type_unknown', pointer: '/event_type' })
  }
  for (const name of reservedTypes) {
    expect(typed(name)).toEqual({ code: 'type_reserved', pointer: '/event_type' })
    expect(isReservedType(name)).toBe(true)
  }
  for (const wrong of [1, null, ['run_created'], {}]) {
    expect(typed(wrong)).toEqual({ code: 'field_invalid', pointer: '/event_type' })
  }
  expect(verdictOn({})).toEqual({ code: 'field_missing', pointer: '/event_type' })
})

test('versions: accepted, other, malformed', () => {
  for (const version of acceptedVersions) expect(versioned(version)).toBe('accepted')
  for (const version of ['0.9', '1.1', '1.9999', '2.0', '10.0', '1.00']) {
    expect(versioned(version)).toEqual({ code: 'version_unsupported', pointer: '/schema_version' })
  }
  for (const version of ['1', '1.', 'v1.0', '1.0 ', '1.0\n', '', 1, 1.1, '1.0.0']) {
    expect(versioned(version)).toEqual({ code: 'field_invalid', pointer: '/schema_version' })
  }
  // A type that only a later version has: the version is what is wrong.
  expect(verdictOn(eventOf('run_created', { schema_version: '1.7', event_type: 'run_paused' }))).toEqual({
    code: 'version_unsupported',
    pointer: '/schema_version',
  })
})

test('instants: calendar days, leap years, leap seconds, shapes', () => {
  for (const real of [
    '2026-11-23T00:00:00.000Z',
    '2024-02-29T23:59:59.999Z',
    '2000-02-29T00:00:00.000Z',
    '2016-12-31T23:59:60.000Z',
    '2015-06-30T23:59:60.999Z',
    '0000-01-01T00:00:00.000Z',
    '9999-12-31T23:59:59.999Z',
  ]) {
    expect([real, at(real)]).toEqual([real, 'accepted'])
  }
  for (const unreal of [
    '2026-02-29T00:00:00.000Z',
    '1900-02-29T00:00:00.000Z',
    '2026-02-30T00:00:00.000Z',
    '2026-04-31T00:00:00.000Z',
    '2026-11-31T00:00:00.000Z',
    '2026-00-10T00:00:00.000Z',
    '2026-13-10T00:00:00.000Z',
    '2026-01-00T00:00:00.000Z',
    '2026-01-32T00:00:00.000Z',
    '2026-01-01T24:00:00.000Z',
    '2026-01-01T00:60:00.000Z',
    '2026-01-01T00:00:61.000Z',
    '2016-12-31T23:58:60.000Z',
    '2016-12-31T22:59:60.000Z',
    '2016-12-30T23:59:60.000Z',
    '2016-02-28T23:59:60.000Z',
    '2026-01-01T00:00:00Z',
    '2026-01-01T00:00:00.00Z',
    '2026-01-01T00:00:00.0000Z',
    '2026-01-01T00:00:00.000z',
    '2026-01-01t00:00:00.000Z',
    '2026-01-01T00:00:00.000+00:00',
    '2026-01-01 00:00:00.000Z',
    ' 2026-01-01T00:00:00.000Z',
    '2026-01-01T00:00:00.000Z\n',
    '+002026-01-01T00:00:00.000Z',
    '２０２６-01-01T00:00:00.000Z',
    '',
  ]) {
    expect([unreal, at(unreal)]).toEqual([unreal, { code: 'field_invalid', pointer: '/occurred_at' }])
  }
})

test('ids hold 1 to 128 printable ASCII characters', () => {
  for (const fine of ['a', id128, '!~', '__proto__', 'constructor', "'; DROP TABLE event;--", '<b>x</b>']) {
    expect([fine, withId(fine)]).toEqual([
      fine,
      fine.includes(' ') ? { code: 'field_invalid', pointer: '/run_id' } : 'accepted',
    ])
  }
  for (const bad of ['', `${id128}x`, 'a b', 'a\n', '\u0000', 'é', 'a\u202eb', '\ud800', 'x'.repeat(1_000_000)]) {
    expect(withId(bad)).toEqual({ code: 'field_invalid', pointer: '/run_id' })
  }
})

test('attributes: keys, values, number of them', () => {
  expect(having(many(limits.attributesMax))).toBe('accepted')
  expect(having(many(limits.attributesMax + 1))).toEqual({ code: 'field_invalid', pointer: '/attributes' })
  expect(having({ ['a'.repeat(limits.attributeKeyCharactersMax)]: '' })).toBe('accepted')
  for (const name of ['a'.repeat(limits.attributeKeyCharactersMax + 1), 'A', '1a', 'a-b', '', 'é']) {
    expect(having({ [name]: 1 })).toEqual({ code: 'field_unknown', pointer: `/attributes/${name}` })
  }
  expect(having(JSON.parse('{"__proto__": 1}'))).toEqual({ code: 'field_unknown', pointer: '/attributes/__proto__' })
  expect(having({ constructor: 'x', order: 'Wörld 漢字 e\u0301', n: -5 })).toBe('accepted')
  const long = '😀'.repeat(limits.attributeStringCodePointsMax)
  expect(having({ note: long })).toBe('accepted')
  expect(having({ note: `${long}x` })).toEqual({ code: 'string_too_long', pointer: '/attributes/note' })
  for (const wrong of [1.5, null, true, {}, [], Number.MAX_SAFE_INTEGER + 1, Infinity, NaN]) {
    expect(having({ note: wrong })).toEqual({ code: 'field_invalid', pointer: '/attributes/note' })
  }
})

test('attributes may not shadow keys of the query language', () => {
  for (const name of queryKeyNames) {
    expect(verdictOn(eventOf('run_created', { attributes: { fine: 1, [name]: 'x' } }))).toEqual({
      code: 'field_invalid',
      pointer: `/attributes/${name}`,
    })
  }
})

test('nothing hidden in the strings that no pattern fixes', () => {
  const hidden = [
    '\u0000',
    '\u0007',
    '\u001b[31m',
    '\u007f',
    '\u0085',
    '\u00ad',
    '\u034f',
    '\u061c',
    '\u115f',
    '\u180e',
  ]
  hidden.push(
    '\u200b',
    '\u200d',
    '\u200e',
    '\u202e',
    '\u2028',
    '\u2029',
    '\u2060',
    '\u2066',
    '\u2800',
    '\u3164',
    '\ufeff',
  )
  hidden.push('\uffa0', '\ufff9', '\u{e0001}', '\u{e0041}', '\ud800', '\udfff', '\n', '\t')
  const digest = `sha-256:${'a'.repeat(64)}`
  for (const character of hidden) {
    const text = `a${character}b`
    expect([text, verdictOn(eventOf('run_created', { attributes: { note: text } }))]).toEqual([
      text,
      { code: 'field_invalid', pointer: '/attributes/note' },
    ])
    expect(verdictOn(eventOf('run_created', { payload_ref: { uri: text, digest } }))).toEqual({
      code: 'field_invalid',
      pointer: '/payload_ref/uri',
    })
  }
  for (const fine of ["'; DROP TABLE event; --", '<script>alert(1)</script>', 'Zoë', 'e\u0301', '漢字', 'שלום', '🎈']) {
    expect(verdictOn(eventOf('run_created', { attributes: { note: fine }, payload_ref: { uri: fine, digest } }))).toBe(
      'accepted',
    )
  }
})

test('long strings: the place a body stays at', () => {
  const digest = `sha-256:${'a'.repeat(64)}`
  const at = (uri: string) => verdictOn(eventOf('run_created', { payload_ref: { uri, digest } }))
  expect(at('x'.repeat(limits.envelopeStringCodePointsMax))).toBe('accepted')
  expect(at('x'.repeat(limits.envelopeStringCodePointsMax + 1))).toEqual({
    code: 'string_too_long',
    pointer: '/payload_ref/uri',
  })
  expect(at('')).toEqual({ code: 'field_invalid', pointer: '/payload_ref/uri' })
})

test('a huge name is not echoed: the pointer ends before it', () => {
  const name = 'n'.repeat(1_000_000)
  expect(verdictOn(eventOf('run_created', { [name]: 1 }))).toEqual({ code: 'field_unknown', pointer: '' })
  expect(verdictOn(eventOf('run_created', { actor: { type: 'agent', id: 'a', [name]: 1 } }))).toEqual({
    code: 'field_unknown',
    pointer: '/actor',
  })
})

test('removals: path and rule, at most so many, and nothing hidden in a path', () => {
  const one = { path: '/payload/password', rule: 'key-password' }
  expect(removed([])).toBe('accepted')
  expect(removed([one, { path: '', rule: 'and-12-more' }])).toBe('accepted')
  expect(removed(Array.from({ length: limits.redactionsMax }, () => one))).toBe('accepted')
  expect(removed(Array.from({ length: limits.redactionsMax + 1 }, () => one))).toEqual({
    code: 'field_invalid',
    pointer: '/redactions',
  })
  expect(removed([{ path: '/a' }])).toEqual({ code: 'field_missing', pointer: '/redactions/0/rule' })
  expect(removed([{ ...one, value: 'x' }])).toEqual({ code: 'field_unknown', pointer: '/redactions/0/value' })
  for (const rule of ['', 'Key', 'a b', 'x'.repeat(41), 'é']) {
    expect(removed([{ ...one, rule }])).toEqual({ code: 'field_invalid', pointer: '/redactions/0/rule' })
  }
  for (const path of ['/a\u0000', '/\u202eb', '/a\u200bb']) {
    expect(removed([one, { ...one, path }])).toEqual({ code: 'field_invalid', pointer: '/redactions/1/path' })
  }
  expect(removed([{ ...one, path: `/${'x'.repeat(limits.envelopeStringCodePointsMax)}` }])).toEqual({
    code: 'string_too_long',
    pointer: '/redactions/0/path',
  })
})

test('depth cannot grow: every object is closed', () => {
  let deep: unknown = 'x'
  for (let level = 0; level < 5_000; level += 1) deep = { deep }
  for (const name of ['actor', 'attributes', 'workflow']) {
    expect(verdictOn(eventOf('run_created', { [name]: deep }))).not.toBe('accepted')
  }
})

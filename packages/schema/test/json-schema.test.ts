import { Ajv2020, type ValidateFunction } from 'ajv/dist/2020.js'
import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import { eventJsonSchema, limits } from '../src/index.ts'
import { definitions, eventOf, verdictOn } from './_events.ts'
import { mutantArbitrary } from './_mutants.ts'

const compile = (schema: object): ValidateFunction =>
  new Ajv2020({ strict: true, strictRequired: false, allowUnionTypes: true, validateFormats: false }).compile(schema)

const sent = compile(eventJsonSchema('sent'))
const leaf = compile(eventJsonSchema('leaf'))
const writable = definitions.filter(({ writer }) => writer !== 'server')

/** What another validator reads out of the published schema. */
const published = (event: unknown): boolean => sent(JSON.parse(JSON.stringify(event)))

const serverPart = {
  log: 'counterfoil.local/5b1f',
  index: 7,
  recorded_at: '2026-11-23T10:00:00.000Z',
  key_id: 'k_0123456789abcdef',
  assurance: 'authenticated',
  time_quality: 'ok',
}

test('every example that a producer may send is valid by the published schema, with its body', () => {
  for (const { example, type } of writable) {
    expect([type, published(example)]).toEqual([type, true])
    expect(published({ ...example, payload: { any: [1.5, null] }, summary: 'x'.repeat(500) })).toBe(true)
    expect(published({ ...example, summary: 'x'.repeat(limits.summaryCodePointsMax + 1) })).toBe(false)
    expect(published({ ...example, summary: 1 })).toBe(false)
  }
})

test('types of the server are leaves, and nothing to send', () => {
  for (const { example, writer } of definitions) {
    expect(published(example)).toBe(writer !== 'server')
    expect(leaf({ ...example, ...serverPart })).toBe(true)
    expect(leaf(example)).toBe(false)
    expect(leaf({ ...example, ...serverPart, surprise: 1 })).toBe(false)
  }
})

test('a leaf carries commitments where the event carried bodies', () => {
  const commitment = `hmac-sha256:${'0'.repeat(64)}`
  const stored = {
    ...eventOf('decision_proposed'),
    action_digest: commitment,
    payload: { commitment, media_type: 'application/json', size: 12 },
    summary: { commitment, size: 12 },
    redactions: [{ path: '/payload/password', rule: 'key-password' }],
    ...serverPart,
  }
  expect(leaf(stored)).toBe(true)
  expect(leaf({ ...stored, summary: 'a text' })).toBe(false)
})

test('what a type narrows is narrowed in the published schema', () => {
  expect(published(eventOf('side_effect_applied', { effect: { status: 'unknown' } }))).toBe(false)
  expect(
    published(eventOf('approval_requested', { approval: { request_id: 'r', mode: 'single', decision: 'approved' } })),
  ).toBe(false)
  expect(published(eventOf('run_created', { attributes: { target: 'x' } }))).toBe(false)
  expect(published(eventOf('run_created', { attributes: { note: 'a\u202eb' } }))).toBe(false)
})

/** The rules that JSON Schema cannot say; `spec/event.md` lists them in these words. */
const beyondSchema: readonly [string, Record<string, unknown>][] = [
  ['an instant that the calendar does not have', eventOf('run_created', { occurred_at: '2026-02-30T00:00:00.000Z' })],
  ['an event that causes itself', eventOf('run_created', { causation_id: eventOf('run_created')['event_id'] })],
  ['a run that starts itself', eventOf('run_created', { parent_run_id: 'run-7Q2m' })],
  ['a version that this server does not take', eventOf('run_created', { schema_version: '1.9' })],
]

test.each(beyondSchema)('the schema cannot refuse %s; the validator does', (_rule, event) => {
  expect(published(event)).toBe(true)
  expect(verdictOn(event)).not.toBe('accepted')
})

/** Whether one of those rules, and nothing else, is broken: then both must agree on the event without it. */
function withoutBeyond(event: Record<string, unknown>): Record<string, unknown> {
  const copy = { ...event }
  if (copy['causation_id'] === copy['event_id']) delete copy['causation_id']
  if (copy['parent_run_id'] === copy['run_id']) delete copy['parent_run_id']
  if (typeof copy['occurred_at'] === 'string') {
    copy['occurred_at'] = copy['occurred_at']
      .replace(/-\d\dT\d\d:\d\d:60/, '-01T00:00:00')
      .replace(/-(29|3\d)T/, '-28T')
  }
  if (typeof copy['schema_version'] === 'string' && /^1\.\d+$/.test(copy['schema_version']))
    copy['schema_version'] = '1.0'
  return copy
}

test('two validators, one contract: ajv with the published schema and ours agree on mutated events', () => {
  let accepted = 0
  let refused = 0
  fc.assert(
    fc.property(mutantArbitrary, (mutant) => {
      const event = withoutBeyond(JSON.parse(JSON.stringify(mutant)) as Record<string, unknown>)
      const definition = definitions.find(({ type }) => type === event['event_type'])
      fc.pre(definition?.writer !== 'server')
      // The bodies are taken out before an envelope is validated.
      delete event['payload']
      delete event['summary']
      const verdict = verdictOn(event)
      if (verdict === 'accepted') accepted += 1
      else refused += 1
      expect([event, verdict === 'accepted']).toEqual([event, published(event)])
    }),
    { numRuns: 3_000 },
  )
  expect(accepted).toBeGreaterThan(100)
  expect(refused).toBeGreaterThan(500)
})

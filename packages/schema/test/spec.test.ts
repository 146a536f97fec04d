import { createHmac } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { eventDocument, generatedTables, schemaFiles, withTables } from '../../../scripts/spec.ts'
import { eventErrorCodes, limits, reservedTypes, type EventErrorCode } from '../src/index.ts'
import { canonicalJson, type JsonValue } from '../src/json/index.ts'
import { validateEvent } from '../src/validate.ts'
import { verdictOn } from './_events.ts'

const root = new URL('../../../', import.meta.url)
const read = (file: string): string => readFileSync(new URL(file, root), 'utf8')
const document = read(eventDocument)
const anew = 'if not: node --conditions=@counterfoil/source scripts/spec.ts'

const hmac = (key: Buffer, message: string) => createHmac('sha256', key).update(message).digest()

/** Tables as the formatter leaves them and as they were made are the same text without padding. */
const unpadded = (text: string): string =>
  text.replaceAll(/ +/g, ' ').replaceAll(/-{3,}/g, '---').replaceAll(/\n+/g, '\n')

test.each(Object.entries(schemaFiles))(`%s is what the definitions say; ${anew}`, (file, schema) => {
  expect(JSON.parse(read(file))).toEqual(schema())
})

test(`the tables of ${eventDocument} are what the definitions say; ${anew}`, () => {
  expect(unpadded(document)).toBe(unpadded(withTables(document)))
  for (const name of Object.keys(generatedTables)) expect(document).toContain(`<!-- ${name} -->`)
})

test('the document names every error code, every reserved type, and every limit in numbers', () => {
  for (const code of eventErrorCodes) expect(document).toContain(`| \`${code}\``)
  for (const type of reservedTypes) expect(document).toContain(`\`${type}\``)
  const {
    envelopeBytesMax,
    envelopeStringCodePointsMax,
    payloadBytesMax,
    batchEventsMax,
    batchBytesMax,
    envelopeDepthMax,
    payloadDepthMax,
  } = limits
  for (const limit of [envelopeBytesMax, envelopeStringCodePointsMax, payloadBytesMax, batchEventsMax, batchBytesMax]) {
    expect(document).toContain(limit.toLocaleString('en-US'))
  }
  for (const limit of [limits.summaryCodePointsMax, limits.idCharactersMax, envelopeDepthMax, payloadDepthMax]) {
    expect(document).toMatch(new RegExp(`\\| ${limit}\\b`))
  }
})

test('the example of the document is valid', () => {
  const [, text = ''] = /```json\n([\s\S]*?)```/.exec(document) ?? []
  const { payload, summary, ...envelope } = JSON.parse(text) as Record<string, unknown>
  expect([payload, summary]).not.toContain(undefined)
  expect(verdictOn(envelope)).toBe('accepted')
})

test('spec/vectors/event-valid.json', () => {
  const { events } = JSON.parse(read('spec/vectors/event-valid.json')) as { events: unknown[] }
  expect(events.length).toBeGreaterThan(25)
  for (const event of events) expect(() => validateEvent(event)).not.toThrow()
})

interface InvalidCase {
  readonly name: string
  readonly event: unknown
  readonly code: EventErrorCode
  readonly pointer: string
}

const invalid = (JSON.parse(read('spec/vectors/event-invalid.json')) as { cases: InvalidCase[] }).cases

test.each(invalid.map((one) => [one.name, one] as const))('spec/vectors/event-invalid.json: %s', (_name, one) => {
  expect(verdictOn(one.event)).toEqual({ code: one.code, pointer: one.pointer })
})

test('spec/vectors/event-digests.json', () => {
  const vectors = JSON.parse(read('spec/vectors/event-digests.json')) as {
    data_key: string
    salt: string
    actions: {
      action: { id: string; type: string }
      target?: JsonValue
      parameters: JsonValue
      text: string
      digest: string
    }[]
    bodies: { stored: string; commitment: string }[]
  }
  for (const { action, target, parameters, text, digest } of vectors.actions) {
    expect(canonicalJson({ type: action.type, ...(target !== undefined && { target }), parameters })).toBe(text)
    const key = hmac(Buffer.from(vectors.data_key, 'hex'), `counterfoil/action-digest/v1\0${action.id}`)
    expect(`hmac-sha256:${hmac(key, text).toString('hex')}`).toBe(digest)
  }
  for (const { stored, commitment } of vectors.bodies) {
    expect(`hmac-sha256:${hmac(Buffer.from(vectors.salt, 'hex'), stored).toString('hex')}`).toBe(commitment)
  }
})

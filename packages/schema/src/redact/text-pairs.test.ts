import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { parseJson, type JsonObject, type RawJson } from '../json/index.ts'
import { createRedactor, type Redaction } from './index.ts'

const redactor = createRedactor()
const json = (value: unknown): string => JSON.stringify(value)

function redactText(text: string): string {
  return redactor.redactString(text, '', [])
}

function redactPayload(value: unknown): unknown {
  const event = parseJson(`{"payload":${json(value)}}`, { raw: 'payload', isInteresting: redactor.isSecretKey })
  const out: Redaction[] = []
  return JSON.parse(redactor.redactPayload((event as JsonObject)['payload'] as RawJson, out))
}

describe('names in text decide as names of members do', () => {
  const otp = '[redacted:key-one-time-code]'
  test.each([
    ['JSON Lines', '{"otp":"448812"}\n{"a":1}', `{"otp":"${otp}"}\n{"a":1}`],
    ['JSON in a sentence', 'Result: {"cvv": "448"}.', 'Result: {"cvv": "[redacted:key-card]"}.'],
    ['a number', 'Result: {"cvv":448, "a":1}', 'Result: {"cvv":"[redacted:key-card]", "a":1}'],
    [
      'a code fence',
      '```json\n{"encryption_key":"a8f7"}\n```',
      '```json\n{"encryption_key":"[redacted:key-secret]"}\n```',
    ],
    ['a server-sent event', 'data: {"mnemonic":"legal winner"}', 'data: {"mnemonic":"[redacted:key-secret]"}'],
    ['a byte order mark', '\ufeff{"otp":"448812"}', `\ufeff{"otp":"${otp}"}`],
    ['white space in front', `${' '.repeat(17)}\n{"otp":"448812"}`, `${' '.repeat(17)}\n{"otp":"${otp}"}`],
    ['Python', "{'otp': '448812', 'n': None}", `{'otp': '${otp}', 'n': None}`],
    ['Python bytes', "{'signing_key': b'448812'}", "{'signing_key': b'[redacted:key-secret]'}"],
    ['an object', 'Got {"credentials":{"a":[1,"}"]},"b":2}', 'Got {"credentials":"[redacted:key-credentials]","b":2}'],
    ["Python's object", "Got {'secrets': {'a': None}}", "Got {'secrets': '[redacted:key-secret]'}"],
    ['a text that was cut off', '{"a":1,"otp":"4488', `{"a":1,"otp":"${otp}`],
    ['an escaped name', 'x {"\\u006ftp":"448812"}', `x {"\\u006ftp":"${otp}"}`],
    ['an escaped quote in the value', 'x {"mnemonic":"a\\"b c"}', 'x {"mnemonic":"[redacted:key-secret]"}'],
    ['text in text', 'x {\\"otp\\": \\"4\\\\\\"8812\\", \\"a\\": 1}', `x {\\"otp\\": \\"${otp}\\", \\"a\\": 1}`],
    [
      'a named value',
      'x {"name": "X-Totp", "a": 1} {"name":"otp","value":"448812"}',
      `x {"name": "X-Totp", "a": 1} {"name":"otp","value":"${otp}"}`,
    ],
  ])('%s', (_, text, expected) => {
    expect(redactText(text)).toBe(expected)
    expect(redactPayload({ body: text })).toEqual({ body: expected })
  })

  test.each([
    'the "password": choose one that is long',
    'def f(): return {"password": password, "token": get()}',
    'x {"password": "${PASSWORD}", "token": "<token>", "secret": "string"}',
    'x {"properties": {"password": {"type": "string"}}}',
    'x {"otp": null, "cvv": true, "token": ""}',
    'x {"input_tokens": 12345678, "author": "Ada"}',
    'He said "otp" : and then nothing',
    'state === "pass" ? "pass" : "fail1"',
    'join([a.credentials[0], ":", b, "x1"])',
    "'Cookie': 'http.cookies', 'HAVE_PASSWD': 1",
    'x {"name": "Authorization", "value": "…"}',
  ])('%s stays', (text) => {
    expect(redactText(text)).toBe(text)
    expect(redactPayload([text])).toEqual([text])
  })

  test('deeper than JSON in JSON is walked', () => {
    let text = json({ otp: '448812' })
    for (let depth = 0; depth < 9; depth++) text = json({ b: text })
    expect(json(redactPayload(text))).not.toContain('448812')
  })
})

test('whatever stands around a document, a secret in it goes, and what is left is still JSON', () => {
  const around = fc.string({ unit: fc.constantFrom('a', ' ', '\n', '.', ':', ',', '{', '}', '[', '`'), maxLength: 12 })
  const secret = fc.string({
    unit: fc.constantFrom('k', '7', '"', '\\', '{', ']', "'", '\n', 'é'),
    minLength: 4,
    maxLength: 12,
  })
  fc.assert(
    fc.property(around, around, secret, (before, after, value) => {
      const document = json({ a: 1, mnemonic: `q${value}q`, b: [2] })
      const text = `${before}x ${document}${after}`
      const redacted = redactText(text)
      expect(redacted).toBe(`${before}x {"a":1,"mnemonic":"[redacted:key-secret]","b":[2]}${after}`)
      expect(redactText(redacted)).toBe(redacted)
    }),
    { numRuns: 500 },
  )
})

test('no text takes more than linear time', () => {
  for (const unit of ['"a":', "'otp':", '"otp":{', '"otp":"', '\\"otp\\":[', '"name":"otp",'])
    expect(redactText(unit.repeat(20_000)).length).toBeGreaterThan(0)
})

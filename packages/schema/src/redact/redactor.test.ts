import { describe, expect, test } from 'vitest'
import { RawJson, parseJson, type JsonObject } from '../json/index.ts'
import { createRedactor, type Redaction } from './index.ts'

const redactor = createRedactor()
/** Repeats characters to a length, so that no secret stands in this file. */
const fill = (unit: string, length: number): string => unit.repeat(length).slice(0, length)
const github = `ghp_${fill('a1B2', 36)}`

function raw(text: string): RawJson {
  const event = parseJson(`{"payload":${text}}`, { raw: 'payload', isInteresting: redactor.isSecretKey }) as JsonObject
  return event['payload'] as RawJson
}

function redactText(text: string): string {
  return redactor.redactString(text, '', [])
}

function redactPayload(text: string): { text: string; out: Redaction[] } {
  const out: Redaction[] = []
  return { text: redactor.redactPayload(raw(text), out), out }
}

describe('members', () => {
  test.each([
    'password',
    'PASSWORD',
    'db_password',
    'userPassword',
    'passwd',
    'secret',
    'client_secret',
    'clientSecret',
    'token',
    'access_token',
    'refreshToken',
    'github-token',
    'session_token',
    'api_key',
    'apikey',
    'X-Api-Key',
    'Authorization',
    'cookie',
    'Set-Cookie',
    'private_key',
    'aws_secret_access_key',
    'cvv',
    'cvc',
    'ssn',
    'otp',
    'credentials',
    'password_hash',
    'card_number',
  ])('%s is a secret', (name) => {
    expect(redactPayload(JSON.stringify({ a: { [name]: 'x' } }))).toEqual({
      text: expect.stringMatching(/^\{"a":\{"[^"]*":"\[redacted:key-[a-z-]+\]"\}\}$/),
      out: [{ path: `/payload/a/${name}`, rule: expect.stringMatching(/^key-/) }],
    })
  })

  test.each([
    'token_count',
    'tokens',
    'input_tokens',
    'max_tokens',
    'secretary',
    'author',
    'idempotency_key',
    'public_key',
    'key_id',
    'customer_key',
    'next_token',
    'nextPageToken',
    'token_type',
    'passenger',
    'passengers',
    'compass',
    'shipping',
    'spin',
    'session_id',
    'primary_key',
    'sort_key',
    'secret_name',
    'password_reset_at',
    'iban',
    'tokenizer',
  ])('%s is not', (name) => {
    const text = JSON.stringify({ [name]: 'x7' })
    expect(redactPayload(text)).toEqual({ text, out: [] })
  })

  test('numbers, objects and arrays go wholly; null, booleans and empty ones stay', () => {
    const text =
      '{"password":123,"secrets":{"a":[1,{"b":2}]},"cookies":["a=b"],"token":null,"api_key":true,"secret":""}'
    expect(redactPayload(text).text).toBe(
      '{"password":"[redacted:key-password]","secrets":"[redacted:key-secret]","cookies":"[redacted:key-credentials]","token":null,"api_key":true,"secret":""}',
    )
  })

  test('a schema that describes a password is not one', () => {
    const text = '{"properties":{"password":{"type":"string","description":"of the user"}}}'
    expect(redactPayload(text)).toEqual({ text, out: [] })
    expect(redactPayload('{"password":{"type":"string","value":"x"}}').out).toHaveLength(1)
  })

  test('a name beside its value counts as a member', () => {
    const text = '[{"name":"Authorization","value":"abc"},{"value":"k","key":"api_key"},{"name":"Accept","value":"x"}]'
    const result = redactPayload(text)
    expect(result.text).toBe(
      '[{"name":"Authorization","value":"[redacted:key-credentials]"},{"value":"[redacted:key-api-key]","key":"api_key"},{"name":"Accept","value":"x"}]',
    )
    expect(redactor.redactValue(parseJson(text), '', [])).toEqual(parseJson(result.text))
  })

  test('a PIN is a few digits, pwd is not a folder', () => {
    expect(redactPayload('{"pin":"1234"}').out).toHaveLength(1)
    expect(redactPayload('{"pin":"left front"}').out).toHaveLength(0)
    expect(redactPayload('{"pwd":"/home/ada"}').out).toHaveLength(0)
    expect(redactPayload('{"pwd":"hunter2"}').out).toHaveLength(1)
  })
})

describe('payload', () => {
  test('is stored exactly as sent where nothing was found, and around what was', () => {
    const text = '{ "a" : 1.0,\n "b":[ 1e3 , "x" ], "password" : "p" ,"c": -0 }'
    expect(redactPayload(text).text).toBe(
      '{ "a" : 1.0,\n "b":[ 1e3 , "x" ], "password" : "[redacted:key-password]" ,"c": -0 }',
    )
    const clean = '{ "a" : 1.0, "u": "https:\\/\\/x.com\\u0041" }'
    expect(redactPayload(clean).text).toBe(clean)
  })

  test('JSON inside a string is understood, its white space kept', () => {
    const inner = '{ "password": "a b", "n": 1.0 }'
    const result = redactPayload(JSON.stringify({ arguments: inner }))
    expect(result.text).toBe(JSON.stringify({ arguments: '{ "password": "[redacted:key-password]", "n": 1.0 }' }))
    expect(result.out).toEqual([{ path: '/payload/arguments', rule: 'key-password' }])
  })

  test('a secret in a member name is removed and is not in the path', () => {
    const text = JSON.stringify({ [github]: { password: 'x' }, [`${github}2`]: 1 })
    const result = redactPayload(text)
    expect(result.text).toBe(
      '{"[redacted:github-token]":{"password":"[redacted:key-password]"},"[redacted:github-token][2]":1}',
    )
    expect(JSON.stringify(result.out)).not.toContain(github)
    expect(redactor.redactValue(parseJson(text), '/payload', [])).toEqual(parseJson(result.text))
  })

  test('card numbers go, other long numbers stay', () => {
    const card = `4${fill('1', 15)}`
    const text = JSON.stringify({ a: card, b: Number(card), id: 'credit_card_8897086', iban: 'DE89370400440532013000' })
    expect(redactPayload(text).text).toBe(
      '{"a":"[redacted:payment-card]","b":"[redacted:payment-card]","id":"credit_card_8897086","iban":"DE89370400440532013000"}',
    )
    for (const other of [`${card.slice(0, 15)}2`, `1${fill('7', 15)}`, '1767225600000123', `a${card}`, `0.${card}`])
      expect(redactText(`x ${other} y`)).toBe(`x ${other} y`)
  })
})

describe('text', () => {
  test.each([
    'The password: please choose a new one.',
    'password = getPassword()',
    'token = tokenizer.next',
    'DB_URL=postgres://user:${PASSWORD}@host/db',
    'https://example.com:8080/@ada',
    'a risk-based task-force desk-top',
    'next_token=abcdefgh12345678',
    'Bearer of good news everyone',
    'input_tokens: 12345678',
    'api_key=$API_KEY and token: <your-token-1234>',
  ])('%s stays', (text) => {
    expect(redactText(text)).toBe(text)
  })

  test('a longer part swallows the shorter one inside it', () => {
    expect(redactText(`GITHUB_TOKEN=${github}`)).toBe('GITHUB_TOKEN=[redacted:github-token]')
  })
})

describe('envelope', () => {
  test('strings are redacted and ids stay ids', () => {
    const event = {
      event_id: '01939c5e-7a10-7c3e-8d55-3f0a6d1b2c44',
      target: { type: 'order', id: `x-${github}` },
      sources: [
        { type: 'file', id: 'a' },
        { type: 'file', id: github },
      ],
      attributes: { password: 'p', order: 'W1001', note: `pass=${fill('a', 250)}` },
      payload: new RawJson(`"${github}"`, false, false, false),
    }
    const out: Redaction[] = []
    const redacted = redactor.redactEnvelope(event, out)
    expect(redacted).toEqual({
      ...event,
      target: { type: 'order', id: 'x-[redacted:github-token]' },
      sources: [
        { type: 'file', id: 'a' },
        { type: 'file', id: '[redacted:github-token]' },
      ],
      attributes: { ...event.attributes, password: '[redacted:key-password]' },
    })
    expect(out.map(({ path }) => path)).toEqual(['/target/id', '/sources/1/id', '/attributes/password'])
    expect(event.target.id).toContain(github)
  })

  test('a clean one is the same object', () => {
    const event = { run_id: 'run-1', sources: [{ type: 'file', id: 'a' }], attributes: { input_tokens: 5 } }
    expect(redactor.redactEnvelope(event, [])).toBe(event)
  })

  test('the name of an attribute stays a name of an attribute', () => {
    const code = `sk_live_${fill('a1', 24)}`
    const out: Redaction[] = []
    expect(redactor.redactEnvelope({ attributes: { [code]: 1, [`${code}b`]: 2 } }, out)).toEqual({
      attributes: { redacted_stripe_key: 1, redacted_stripe_key_2: 2 },
    })
    expect(out.map(({ path }) => path)).toEqual([
      '/attributes/redacted_stripe_key',
      '/attributes/redacted_stripe_key_2',
    ])
  })

  test('an id stays within its length, a code stays a code', () => {
    const id = `pwd=abc1;${fill('x', 119)}`
    const code = `sk_live_${fill('a1', 24)}`
    const redacted = redactor.redactEnvelope({ run_id: id, target: { type: code, id: 'x' } }, [])
    expect(redacted.run_id).toBe('[redacted:assignment]')
    expect(redacted.target.type).toBe('redacted.stripe_key')
  })
})

describe('options', () => {
  test('parts that overlap go as one, so that no end of a secret is left', () => {
    const rule = { description: '', source: '' }
    const custom = createRedactor({
      extraRules: [
        { ...rule, id: 'first', anchors: ['qqabc'], pattern: /qqabcd/ },
        { ...rule, id: 'second', anchors: ['cdeqq'], pattern: /cdeqq/ },
      ],
    })
    expect(custom.redactString('x qqabcdeqq y', '', [])).toBe('x [redacted:first] y')
  })

  test('more names, more rules, rules left out', () => {
    const custom = createRedactor({
      extraKeys: ['*badge_number'],
      extraRules: [
        { id: 'acme', description: 'Acme tokens', source: 'us', anchors: ['acme_'], pattern: /acme_[a-z]{8}/ },
      ],
      disabled: ['github-token'],
    })
    const out: Redaction[] = []
    expect(custom.redactValue({ badgeNumber: '7', text: `acme_abcdefgh ${github}` }, '', out)).toEqual({
      badgeNumber: '[redacted:key-custom]',
      text: `[redacted:acme] ${github}`,
    })
    expect(out).toEqual([
      { path: '/badgeNumber', rule: 'key-custom' },
      { path: '/text', rule: 'acme' },
    ])
  })
})

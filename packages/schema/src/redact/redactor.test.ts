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

  test.each([
    '{"pin":"1234"}',
    '{"pwd":"hunter2"}',
    '{"pwd":"/Xk29fjq!"}',
    '{"pwd":"./Xk29fjq!"}',
    '{"pwd":48151623}',
    '{"pass":["hunter2"]}',
    '{"pass":{"value":"hunter2"}}',
    '{"password":{"type":"string","description":"hunter2x"}}',
    '{"password":{"type":"object","properties":{"value":"hunter2x"}}}',
    '[{"Name":"Authorization","Value":"k7"}]',
    '{"name":"password","field":"login","value":"hunter2"}',
    '{"headers":[["x-api-key","k12345ab"]]}',
    '{"rawHeaders":["Host","x.com","X-Api-Key","k"]}',
    '{"args":["mysql","--password","hunter","-u","root"]}',
    '{"user{password}":"x"}',
    '{"ｐａｓｓｗｏｒｄ":"x"}',
    '{"passwörd":"x"}',
    '{"Passwort":"x"}',
    '{"mot_de_passe":"x"}',
    '{"contraseña":"x"}',
    '{"token_value":"x"}',
    '{"api_key_1":"x"}',
    '{"secret_key_base":"x"}',
    '{"secretString":"x"}',
    '{"password_new":"x"}',
    `{"${'a'.repeat(95)}_password":"x"}`,
  ])('%s loses its value, as text and as a tree', (text) => {
    const result = redactPayload(text)
    expect(result.out).toHaveLength(1)
    expect(redactor.redactValue(parseJson(text), '/payload', [])).toEqual(parseJson(result.text))
  })

  test.each([
    '{"pin":"left front"}',
    '{"pwd":"/home/ada"}',
    '{"pwd":"C:\\\\Users\\\\ada"}',
    '{"pwd":"~/src"}',
    '{"pwd":"/"}',
    '{"pass":12,"fail":3}',
    '{"token_1":"the","token_2":"cat"}',
    '{"max_token_value":"x7"}',
    '{"required":["password","email"]}',
    '["password","email1","name"]',
    '{"columns":["id","token","created_at"]}',
    '{"How do I choose a better and safer password":"Read on."}',
    '{"password":{"type":"string","description":"What the user typed","format":"password"}}',
    '{"password":{"type":"object","properties":{"value":{"type":"string"}}}}',
    '{"name":"Accept","value":"Authorization"}',
  ])('%s stays', (text) => {
    expect(redactPayload(text)).toEqual({ text, out: [] })
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

  test('a name that becomes a marker does not take the place of one that was called so', () => {
    const text = JSON.stringify({ [github]: 1, '[redacted:github-token]': 2, a: { [github]: 3 } })
    const result = redactPayload(text)
    expect(parseJson(result.text)).toEqual({
      '[redacted:github-token][2]': 1,
      '[redacted:github-token]': 2,
      a: { '[redacted:github-token]': 3 },
    })
    expect(redactor.redactValue(parseJson(text), '/payload', [])).toEqual(parseJson(result.text))
  })

  test('a card number is one however it is written', () => {
    const digits = `4${fill('1', 15)}`
    for (const sign of ['.', '\u00a0', '  ', '-', ' ']) {
      const card = digits.replaceAll(/(.{4})(?=.)/g, `$1${sign}`)
      expect(redactText(`card ${card}, thanks`)).toBe('card [redacted:payment-card], thanks')
    }
    for (const source of [`${digits}.0`, `${digits}e0`, `-${digits}`, `${digits}.00E+0`])
      expect(redactPayload(`{"n":${source}}`).out).toEqual([{ path: '/payload/n', rule: 'payment-card' }])
    for (const other of [`${digits}.5`, `${digits}e4`, `${digits}abc`]) expect(redactText(other)).toBe(other)
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
    'compass=north1234 and bypass: all of it',
    'pass: 1234 fail: 2',
    'Pass = std::move(x) and -debug-pass=Executions',
    'def sign(private_key: ed25519.Ed25519PrivateKey, auth_key: "_AuthKeyType")',
    'https://h/x?key=value%23still-query',
    'https://example.com:8080/path?mail=ada@example.com',
    'https://registry.example.com:5000/img@sha256:abc',
    'https://a-very-long-user-name-here@example.com/x',
    'https://example.com/x?key=value&code=404',
    'run it with --password and a value, or -p for short',
    'cp -p file1234 there; mkdir -p a/b1',
    'the <password> and </password> tags; <token> is </b>',
    '<password>${PASSWORD}</password>',
    'node 4111.1111.1111 and 1.2.3.4',
  ])('%s stays', (text) => {
    expect(redactText(text)).toBe(text)
  })

  const pem = `${fill('-', 5)}BEGIN RSA PRIVATE KEY${fill('-', 5)}`
  const line = fill('aB3dE6gH9', 40)
  test.each([
    ['postgres://u:p4/ssw0rd@h/db', 'postgres://u:[redacted:url-credentials]@h/db'],
    ['postgres://u:p4#ss?w0rd@h', 'postgres://u:[redacted:url-credentials]@h'],
    ['https%3A%2F%2Fu%3Ap4ss%40h%2F', 'https%3A%2F%2Fu%3A[redacted:url-credentials-encoded]%40h%2F'],
    [`git clone https://${fill('a1b2', 20)}@h/x`, 'git clone https://[redacted:url-token]@h/x'],
    [`https://h/x?a=b&key=${fill('a1b2', 20)}`, 'https://h/x?a=b&key=[redacted:url-signature]'],
    [`https://h/x?code=4/${fill('a1b2', 20)}`, 'https://h/x?code=[redacted:url-signature]'],
    ['export DB_PASS=hunter22', 'export DB_PASS=[redacted:assignment]'],
    ['x\npass=hunter22', 'x\npass=[redacted:assignment]'],
    ['ENCRYPTION_KEY=hunter22aa99', 'ENCRYPTION_KEY=[redacted:assignment]'],
    ['db:\n  private_key: 88fjs8fj3', 'db:\n  private_key: [redacted:assignment]'],
    ['mysql --password hunter22 x', 'mysql --password [redacted:cli-secret] x'],
    ['mysql -u root -phunter22', 'mysql -u root -p[redacted:cli-secret]'],
    ["sshpass -p 'hunter22' ssh x", "sshpass -p '[redacted:cli-secret]' ssh x"],
    ['<db:password>hunter22</db:password>', '<db:password>[redacted:element]</db:password>'],
    [`> ${pem}\n> ${line}\n> ${line}`, '> [redacted:private-key]'],
    [`${github.slice(0, 9)}\u200b${github.slice(9)} x`, '[redacted:github-token] x'],
  ])('%s', (text, expected) => {
    expect(redactText(text)).toBe(expected)
    expect(redactPayload(JSON.stringify([text])).text).toBe(JSON.stringify([expected]))
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
      attributes: { password: 'p', order: 'W1001', note: `past=${fill('a', 250)}` },
      payload: new RawJson(`"${github}"`, false, false),
    }
    const out: Redaction[] = []
    const redacted = redactor.redactEnvelope(event, out)
    expect(redacted).toEqual({
      ...event,
      target: { type: 'order', id: expect.stringMatching(/^x-\[redacted:github-token\]~[0-9a-f]{8}$/) },
      sources: [
        { type: 'file', id: 'a' },
        { type: 'file', id: expect.stringMatching(/^\[redacted:github-token\]~[0-9a-f]{8}$/) },
      ],
      attributes: { ...event.attributes, password: '[redacted:key-password]' },
    })
    expect(out.map(({ path }) => path)).toEqual(['/target/id', '/sources/1/id', '/attributes/password'])
    expect(event.target.id).toContain(github)
  })

  test('two ids stay two: a number is no card there, a random secret leaves a fingerprint, a password does not', () => {
    const idOf = (id: string): string => redactor.redactEnvelope({ run_id: id, customer_id: 'x' }, []).run_id
    const cards = [`4${fill('1', 15)}`, `55${fill('0', 13)}4`]
    expect(cards.map(idOf)).toEqual(cards)
    expect(redactor.redactEnvelope({ target: { type: 'card', id: cards[0] } }, []).target.id).toBe(cards[0])
    expect(idOf((cards[0] ?? '').replaceAll(/(.{4})(?=.)/g, '$1-'))).toBe('[redacted:payment-card]')
    const [one, other] = [idOf(github), idOf(`${github.slice(0, -1)}Z`)]
    expect(one).toMatch(/^\[redacted:github-token\]~[0-9a-f]{8}$/)
    expect(other).not.toBe(one)
    expect(idOf(github)).toBe(one)
    expect(idOf(one)).toBe(one)
    expect(idOf('db_password=hunter22')).toBe('db_password=[redacted:assignment]')
    const attributes = { n: cards[0], note: cards[1] }
    expect(Object.values(redactor.redactEnvelope({ attributes }, []).attributes)).toEqual(
      fill('[redacted:payment-card] ', 47).split(' '),
    )
  })

  test('JSON in the middle of an attribute loses its secrets', () => {
    const redacted = redactor.redactEnvelope({ attributes: { note: 'Result: {"otp":"448812"}', pwd: 81_723_645 } }, [])
    expect(redacted.attributes).toEqual({
      note: 'Result: {"otp":"[redacted:key-one-time-code]"}',
      pwd: '[redacted:key-pass]',
    })
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
    expect(redactor.redactEnvelope({ attributes: { [code]: 1, redacted_stripe_key: 2 } }, [])).toEqual({
      attributes: { redacted_stripe_key_2: 1, redacted_stripe_key: 2 },
    })
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

import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import {
  JsonError,
  JsonNumber,
  RawJson,
  canonicalJson,
  decodeUtf8,
  parseEventArray,
  parseJson,
  parseNdjson,
  stringifyJson,
  type BatchItem,
  type JsonErrorCode,
  type JsonValue,
  type ParseJsonOptions,
} from './index.ts'

function attempt(text: string, options?: ParseJsonOptions): { value: JsonValue } | { error: JsonError } {
  try {
    return { value: parseJson(text, options) }
  } catch (error) {
    if (error instanceof JsonError) return { error }
    throw error
  }
}

/** Code and pointer of the refusal. */
function refusal(text: string, options?: ParseJsonOptions): [JsonErrorCode, string] | 'accepted' {
  const result = attempt(text, options)
  return 'error' in result ? [result.error.code, result.error.pointer] : 'accepted'
}

/** The tree as JSON.parse makes it. */
function toPlain(value: JsonValue): unknown {
  return JSON.parse(stringifyJson(value))
}

function summarize(items: BatchItem[]): unknown[] {
  return items.map((item) => ('error' in item ? `${item.error.code} ${item.error.pointer}` : toPlain(item.value)))
}

describe('refusals name the place', () => {
  test.each<[string, JsonErrorCode, string]>([
    ['', 'json_invalid', ''],
    ['\uFEFF{}', 'json_invalid', ''],
    ['{} {}', 'json_invalid', ''],
    ['{"a":[1,2,{"b/c":tru}]}', 'json_invalid', '/a/2/b~1c'],
    ['{"a":1,}', 'json_invalid', ''],
    ['{"a":"\t"}', 'json_invalid', '/a'],
    ['[1,"x\\q"]', 'json_invalid', '/1'],
    ['"\\', 'json_invalid', ''],
    ['"\\u12', 'json_invalid', ''],
    ['{"a":{"b":1,"\\u0062":2}}', 'json_duplicate_key', '/a/b'],
    ['{"__proto__":1,"__proto__":2}', 'json_duplicate_key', '/__proto__'],
    ['{"toString":1,"toString":2}', 'json_duplicate_key', '/toString'],
    ['{"a":["\\ud800"]}', 'json_lone_surrogate', '/a/0'],
    ['{"a":"\\udc00\\ud800"}', 'json_lone_surrogate', '/a'],
    ['{"a":"\ud800"}', 'json_lone_surrogate', '/a'],
    ['{"a":"\\ud800\\u0041"}', 'json_lone_surrogate', '/a'],
    ['{"\\udfff":1}', 'json_lone_surrogate', ''],
  ])('%j', (text, code, pointer) => {
    expect(refusal(text)).toEqual([code, pointer])
    expect(refusal(`{"p":${text}}`, { raw: 'p' })).toEqual([code, expect.stringMatching(/^(?:$|\/p)/)])
  })

  test('depth counts containers, in the payload from its own root', () => {
    expect(refusal('[[1]]', { depthMax: 2 })).toBe('accepted')
    expect(refusal('[[[1]]]', { depthMax: 2 })).toEqual(['json_too_deep', '/0/0'])
    expect(refusal('{"p":[[1]]}', { depthMax: 1, raw: 'p', rawDepthMax: 2 })).toBe('accepted')
    expect(refusal('{"p":[[[1]]]}', { depthMax: 1, raw: 'p', rawDepthMax: 2 })).toEqual(['json_too_deep', '/p/0/0'])
    // A mistake in the grammar behind it is the worse one.
    expect(refusal('[[[1', { depthMax: 2 })).toEqual(['json_invalid', expect.any(String)])
  })

  test('a million brackets are refused without a stack overflow', () => {
    const brackets = '['.repeat(1_000_000)
    expect(refusal(brackets)[0]).toBe('json_invalid')
    expect(refusal(`${brackets}${']'.repeat(1_000_000)}`)[0]).toBe('json_too_deep')
    expect(refusal(`{"p":${'{"a":'.repeat(1_000_000)}1${'}'.repeat(1_000_000)}}`, { raw: 'p' })[0]).toBe(
      'json_too_deep',
    )
  })
})

test('__proto__ and inherited names are ordinary members', () => {
  const value = parseJson('{"__proto__":{"polluted":1},"constructor":2,"hasOwnProperty":3}')
  expect(Object.getPrototypeOf(value)).toBe(Object.prototype)
  expect(Object.entries(value ?? {})).toEqual([
    ['__proto__', { polluted: 1 }],
    ['constructor', 2],
    ['hasOwnProperty', 3],
  ])
  expect(stringifyJson(value)).toBe('{"__proto__":{"polluted":1},"constructor":2,"hasOwnProperty":3}')
})

test('numbers keep their source text', () => {
  const sources = [
    '0',
    '-1',
    '9007199254740991',
    '0.1',
    '1e+21',
    '1.0',
    '1e3',
    '12345678901234567890',
    '-0',
    '1E400',
    '0e1',
  ]
  const values = parseJson(`[${sources.join(',')}]`)
  expect(stringifyJson(values)).toBe(`[${sources.join(',')}]`)
  expect(Array.isArray(values) ? values.map((value) => value instanceof JsonNumber) : []).toEqual([
    false,
    false,
    false,
    false,
    false,
    true,
    true,
    true,
    true,
    true,
    true,
  ])
})

const isInteresting = (key: string): boolean => key === 'secret'

function toRaw(value: JsonValue): unknown {
  return typeof value === 'object' && value !== null && 'payload' in value ? value['payload'] : undefined
}

function rawOf(text: string): unknown {
  return toRaw(parseJson(`{"payload": ${text} ,"a":{"payload":1}}`, { raw: 'payload', isInteresting }))
}

describe('raw member', () => {
  test('is checked and stays text', () => {
    expect(rawOf('{ "x" : [1.0, {}] }')).toEqual(new RawJson('{ "x" : [1.0, {}] }', false, false))
    expect(rawOf('"a\\n\\"b"')).toEqual(new RawJson('"a\\n\\"b"', false, false))
    expect(rawOf('"\\/"')).toEqual(new RawJson('"\\/"', true, false))
    expect(rawOf('[{"secret":1}]')).toEqual(new RawJson('[{"secret":1}]', false, true))
    expect(rawOf('[{"se\\u0063ret":1}]')).toEqual(new RawJson('[{"se\\u0063ret":1}]', true, true))
  })

  test('many names: duplicates are found, and only those', () => {
    const names = Array.from({ length: 200 }, (_, index) => `"k${index}":1`)
    expect(refusal(`{"p":{${names.join(',')}}}`, { raw: 'p' })).toBe('accepted')
    expect(refusal(`{"p":{${names.join(',')},"k7":1}}`, { raw: 'p' })).toEqual(['json_duplicate_key', '/p/k7'])
    expect(refusal('{"p":[{"a":1},{"a":{"a":1}}]}', { raw: 'p' })).toBe('accepted')
  })
})

describe('batches', () => {
  test('a forbidden element costs itself alone', () => {
    const deep = `${'['.repeat(9)}1${']'.repeat(9)}`
    const text = `[{"a":1}, {"a":1,"a":2}, {"b":["\\ud800"]}, {"c":${deep}}, {"d":4}]`
    expect(summarize([...parseEventArray(text, { depthMax: 4 })])).toEqual([
      { a: 1 },
      'json_duplicate_key /a',
      'json_lone_surrogate /b/0',
      'json_too_deep /c/0/0/0',
      { d: 4 },
    ])
  })

  test('a mistake in the grammar ends the list', () => {
    expect(summarize([...parseEventArray('[{"a":1},{"b":x},{"c":3}]')])).toEqual([{ a: 1 }, 'json_invalid /b'])
    expect(summarize([...parseEventArray('[{"a":1},]')])).toEqual([{ a: 1 }, 'json_invalid '])
    expect(summarize([...parseEventArray('[{"a":1}')])).toEqual([{ a: 1 }, 'json_invalid '])
    expect(summarize([...parseEventArray('[1] x')])).toEqual([1, 'json_invalid '])
    expect(summarize([...parseEventArray(' [ ] ')])).toEqual([])
    expect(() => [...parseEventArray('{}')]).toThrow(JsonError)
    expect(() => [...parseEventArray('[1,2,3]', { itemsMax: 2 })]).toThrow(/More than 2/)
  })

  test('lines of NDJSON stand alone', () => {
    const items = [...parseNdjson('{"a":1}\r\n\n{"b":\n  \n"x" y\n{"c":1,"c":2}\n[3]')]
    expect(summarize(items)).toEqual([{ a: 1 }, 'json_invalid /b', 'json_invalid ', 'json_duplicate_key /c', [3]])
    expect(() => [...parseNdjson('1\n2\n3', { itemsMax: 2 })]).toThrow(/More than 2/)
  })
})

test('UTF-8 is decoded strictly', () => {
  expect(decodeUtf8(new TextEncoder().encode('"ä𝄞"'))).toBe('"ä𝄞"')
  for (const bad of [[0xef, 0xbb, 0xbf, 0x31], [0xff], [0xed, 0xa0, 0x80], [0xc0, 0xaf]])
    expect(() => decodeUtf8(Uint8Array.from(bad))).toThrow(expect.objectContaining({ code: 'json_not_utf8' }))
})

test('canonical JSON takes numbers as doubles and refuses what RFC 8785 cannot say', () => {
  expect(canonicalJson(parseJson('{"b":1.0,"a":[1e3,-0,12345678901234567890]}'))).toBe(
    '{"a":[1000,0,12345678901234567000],"b":1}',
  )
  expect(canonicalJson(parseJson('{"p":{"b":1,"a":2}}', { raw: 'p' }))).toBe('{"p":{"a":2,"b":1}}')
  expect(() => canonicalJson(parseJson('{"a":[1E400]}'))).toThrow(
    expect.objectContaining({ code: 'json_number_range', pointer: '/a/0' }),
  )
  expect(() => canonicalJson('\ud800')).toThrow(expect.objectContaining({ code: 'json_lone_surrogate' }))
  expect(canonicalJson(parseJson('{"__proto__":{"b":1,"a":2}}'))).toBe('{"__proto__":{"a":2,"b":1}}')
})

describe('property', () => {
  const jsonish = fc
    .array(
      fc.oneof(
        fc.constantFrom(
          '{',
          '}',
          '[',
          ']',
          ',',
          ':',
          '"a"',
          '"a":',
          '"',
          '\\',
          '\\u',
          'd800',
          '\\udc00',
          '0',
          '1.',
          'e5',
          '-',
          'true',
          'nul',
          ' ',
          '\n',
        ),
        fc.jsonValue({ maxDepth: 2 }).map((value) => JSON.stringify(value)),
        fc.string({ unit: 'binary', maxLength: 3 }),
      ),
      { maxLength: 12 },
    )
    .map((parts) => parts.join(''))

  test('what was written reads back equal', () => {
    fc.assert(
      fc.property(fc.jsonValue({ noUnicodeString: false }), (value) => {
        const text = JSON.stringify(value)
        expect(stringifyJson(parseJson(text))).toBe(text)
        expect(toPlain(parseJson(text))).toEqual(JSON.parse(text))
      }),
    )
  })

  test('no string makes it throw anything else, and what it accepts JSON.parse reads alike', () => {
    let accepted = 0
    fc.assert(
      fc.property(jsonish, (text) => {
        const result = attempt(text)
        // The raw form must agree with the tree in every case.
        expect(refusal(`{"p":${text}}`, { raw: 'p' }) === 'accepted').toBe(refusal(`{"p":${text}}`) === 'accepted')
        expect(() => [...parseEventArray(`[${text}]`), ...parseNdjson(text)]).not.toThrow()
        if ('error' in result) return
        accepted++
        expect(toPlain(result.value)).toEqual(JSON.parse(text))
      }),
      { numRuns: 3_000 },
    )
    expect(accepted).toBeGreaterThan(100)
  })

  test('what JSON.parse accepts is refused only for what we forbid', () => {
    fc.assert(
      fc.property(jsonish, (text) => {
        let isJson = true
        try {
          JSON.parse(text)
        } catch {
          isJson = false
        }
        const result = attempt(text)
        expect('error' in result && isJson && result.error.code === 'json_invalid').toBe(false)
        expect(!isJson && 'value' in result).toBe(false)
      }),
      { numRuns: 3_000 },
    )
  })
})

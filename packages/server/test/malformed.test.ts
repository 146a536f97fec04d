import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { findSharedData } from '../../../test/shared-data.ts'
import { runCreated } from './_events.ts'
import { createTestServer, type Answer, type TestServer } from './_server.ts'

const suite = findSharedData('json-test-suite/test_parsing') ?? ''
const isThere = suite !== ''
const files = isThere ? readdirSync(suite).filter((file) => file.startsWith('n_')) : []

let server: TestServer
beforeAll(async () => {
  server = await createTestServer()
})
afterAll(() => server[Symbol.asyncDispose]())

const post = (body: Uint8Array | string, contentType: string): Promise<Answer> =>
  server.request('/v1/events', {
    method: 'POST',
    body: typeof body === 'string' ? body : new Uint8Array(body),
    headers: { 'content-type': contentType },
  })

test.for(['/v1/runs/%ZZ', '/v1/runs/%ff', '/v1/events/%e2%82', '/v1/runs/%'])(
  'the path %s is refused as no text, not looked up',
  async (path) => {
    const { status, body } = await server.request(path)
    expect([status, body['code']]).toEqual([400, 'url_invalid'])
  },
)

test('an answer repeats no more of an id than an id can hold', async () => {
  const { status, text } = await server.request(`/v1/runs/${'a'.repeat(5_000)}`)
  expect(status).toBe(404)
  expect(text.length).toBeLessThan(1_000)
})

test('the vectors are there, at least in CI', () => {
  expect(isThere || process.env['CI'] !== 'true').toBe(true)
})

describe('malformed bodies', () => {
  test.runIf(isThere)('all invalid JSON files are refused with a code, and nothing of them is stored', async () => {
    expect(files).toHaveLength(188)
    const before = await server.size()
    for (const file of files) {
      const bytes = readFileSync(join(suite, file))
      for (const contentType of ['application/json', 'application/x-ndjson']) {
        const { status, body } = await post(bytes, contentType)
        // A file of white space is a batch of no lines.
        const isEmpty = contentType === 'application/x-ndjson' && /^[\t\n\r ]*$/.test(bytes.toString())
        const isRefused = status === 400 || status === 422
        expect([file, contentType, status, isEmpty ? status === 200 : isRefused]).toEqual([
          file,
          contentType,
          status,
          true,
        ])
        expect([file, isEmpty || typeof body['code'] === 'string']).toEqual([file, true])
      }
    }
    expect(await server.size()).toBe(before)
    expect((await server.send(runCreated('run-after-suite'))).status).toBe(200)
  })

  test('the same key twice is refused, also when written in another way', async () => {
    const text = JSON.stringify(runCreated('run-keys'))
    const twice = text.replace('{', String.raw`{"run_i\u0064":"run-other",`)
    const { status, body } = await post(twice, 'application/json')
    expect([status, body['code']]).toEqual([400, 'json_duplicate_key'])
  })

  test('a million brackets are refused, not followed', async () => {
    for (const text of ['['.repeat(1_000_000), '{"a":'.repeat(200_000), `{"payload":${'['.repeat(100_000)}`]) {
      const { status } = await post(text, 'application/json')
      expect([400, 413, 422]).toContain(status)
    }
  })

  test('bytes that are not UTF-8 are refused', async () => {
    const bytes = Buffer.from(JSON.stringify(runCreated('run-bytes', { customer_id: 'XX' })))
    bytes[bytes.indexOf('XX')] = 0xff
    const { status, body } = await post(bytes, 'application/json')
    expect(status).toBe(400)
    expect(body['code']).toMatch(/^(json_|body_)/)
  })

  const hostile: readonly [string, string][] = [
    ['control characters', '\u0000\u0007\u001b[31m\u007f'],
    ['bidi overrides', 'abc\u202e\u2066cba'],
    ['zero-width characters', 'a\u200b\u200d\ufeffb'],
    ['combining marks', `a${'\u0301'.repeat(500)}`],
    ['SQL', `'); DROP TABLE leaf; --`],
    ['HTML', '<script>alert(1)</script><img src=x onerror=alert(1)>'],
    ['a path', '../../../../etc/passwd\u0000'],
    ['astral characters', '\u{1f469}\u{200d}\u{1f692}\u{10ffff}'],
    ['line separators', 'a\u2028b\u2029c\r\nd'],
    ['a prototype', '__proto__'],
  ]
  test.for(hostile)('%s in any string are stored as they are or refused with a code', async ([, text]) => {
    const changes: Record<string, unknown>[] = [
      { customer_id: text },
      { run_id: text },
      { workflow: { name: text, version: text } },
      { trigger: { type: 'event', ref: text } },
      { actor: { type: 'agent', id: text } },
      { attributes: { key: text } },
      { attributes: { [text]: 'value' } },
      { event_type: text },
      { event_id: text },
      { summary: text },
      { payload: { [text]: text } },
    ]
    for (const change of changes) {
      const event = runCreated('run-hostile', change)
      const { status, body } = await server.send(event)
      expect([200, 400, 403, 409, 413, 422]).toContain(status)
      const read = await server.request(`/v1/events/${encodeURIComponent(event.event_id)}`)
      expect([status, typeof body['code'], read.status]).toEqual(
        status === 200 ? [200, 'undefined', 200] : [status, 'string', 404],
      )
      const { payload: _, summary: __, ...envelope } = change
      expect(read.body['event'] ?? envelope).toMatchObject(envelope)
    }
    const { status } = await server.request(`/v1/runs?q=${encodeURIComponent(text)}`)
    expect([200, 400]).toContain(status)
  })
})

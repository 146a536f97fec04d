import { gzipSync } from 'node:zlib'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { inputResolved, runCreated } from './_events.ts'
import { createTestServer, type Answer, type TestServer } from './_server.ts'
import { openRaw } from './_socket.ts'

const mebibyte = 1024 * 1024

let server: TestServer
beforeAll(async () => {
  server = await createTestServer({ bodyBytesInFlightMax: 24 * mebibyte })
})
afterAll(() => server[Symbol.asyncDispose]())

const post = (body: RequestInit['body'], headers: Record<string, string>): Promise<Answer> =>
  server.request('/v1/events', { method: 'POST', body, headers: { 'content-type': 'application/json', ...headers } })

const gzip = { 'content-encoding': 'gzip' }

describe('request bodies', () => {
  test('gzip is undone', async () => {
    const events = Array.from({ length: 200 }, (_, i) => inputResolved('run-gzip', i))
    const { status, body } = await post(gzipSync(JSON.stringify(events)), gzip)
    expect(status).toBe(200)
    expect(body['acks']).toHaveLength(200)
  })

  test('a zip bomb is cut off at the limit', async () => {
    const before = await server.size()
    const bomb = gzipSync(Buffer.alloc(256 * mebibyte, 0x20), { level: 9 })
    const twice = gzipSync(Buffer.concat([Buffer.from('['), gzipSync(Buffer.alloc(9 * mebibyte))]))
    const { status, body } = await post(bomb, gzip)
    expect([status, body['code']]).toEqual([413, 'body_too_large'])
    expect((await post(twice, gzip)).status).toBe(400)
    expect(await server.size()).toBe(before)
  })

  test('many bombs at once stay within the memory that bodies may take', async () => {
    const bomb = gzipSync(Buffer.alloc(64 * mebibyte, 0x20), { level: 9 })
    const before = process.memoryUsage.rss()
    const answers = await Promise.all(Array.from({ length: 24 }, () => post(bomb, gzip)))
    for (const { status, body } of answers) {
      expect(['413 body_too_large', '503 busy']).toContain(`${status} ${String(body['code'])}`)
    }
    expect(process.memoryUsage.rss() - before).toBeLessThan(256 * mebibyte)
    expect((await server.send(runCreated('run-after-bombs'))).status).toBe(200)
  })

  test.for([
    ['cut', () => gzipSync(JSON.stringify(runCreated('run-cut'))).subarray(0, -9)],
    ['damaged', () => gzipSync('[]').fill(0, 12, 14)],
    ['not gzip at all', () => Buffer.from('[]')],
    ['empty', () => Buffer.alloc(0)],
  ] as const)('a gzip body that is %s is 400 encoding_invalid', async ([, make]) => {
    const { status, body } = await post(new Uint8Array(make()), gzip)
    expect([status, body['code']]).toEqual([400, 'encoding_invalid'])
  })

  test('another coding is 415 and names the one that is read', async () => {
    for (const coding of ['br', 'deflate', 'gzip, gzip', 'zstd']) {
      const { status, body, headers } = await post('[]', { 'content-encoding': coding })
      expect([status, body['code'], headers.get('accept-encoding')]).toEqual([415, 'encoding_unsupported', 'gzip'])
    }
  })

  test('a body that says it is too large is refused before it is read', async () => {
    using raw = openRaw(server.url)
    raw.send(
      `POST /v1/events HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer ${server.adminKey}\r\nContent-Type: application/json\r\nContent-Length: ${9 * mebibyte}\r\n\r\n[`,
    )
    const text = await raw.closed()
    expect(text).toMatch(/^HTTP\/1\.1 413 /)
    expect(text).toContain('"code":"body_too_large"')
  })

  test('a body that does not say so is refused where the limit is', async () => {
    const { status, body } = await post('x'.repeat(8 * mebibyte + 1), {})
    expect([status, body['code']]).toEqual([413, 'body_too_large'])
  })

  test('an empty body is refused', async () => {
    const { status } = await post('', {})
    expect(status).toBe(400)
  })

  test('a body of 8 MiB is read', async () => {
    const payload = 'x'.repeat(mebibyte - 2)
    const events = Array.from({ length: 7 }, (_, i) => inputResolved('run-large', i, { payload }))
    const { status, body } = await server.send(events)
    expect(status).toBe(200)
    expect(body['acks']).toHaveLength(7)
  })

  test('a client that goes away inside its body leaves nothing behind', async () => {
    const before = await server.size()
    const raw = openRaw(server.url)
    raw.send(
      `POST /v1/events HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer ${server.adminKey}\r\nContent-Length: 1000\r\n\r\n${JSON.stringify(runCreated('run-gone'))}`,
    )
    await new Promise((resolve) => setTimeout(resolve, 50))
    raw[Symbol.dispose]()
    await raw.closed()
    expect((await server.send(runCreated('run-after-gone'))).status).toBe(200)
    expect((await server.request('/v1/runs/run-gone')).status).toBe(404)
    expect(await server.size()).toBe(before + 1)
  })
})

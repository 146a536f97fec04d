import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { runCreated } from './_events.ts'
import { createTestServer, type TestServer } from './_server.ts'
import { openRaw } from './_socket.ts'

let server: TestServer
beforeAll(async () => {
  server = await createTestServer({ headersTimeoutMs: 300, requestTimeoutMs: 600 })
})
afterAll(() => server[Symbol.asyncDispose]())

describe('connections', () => {
  test('headers that do not end are cut off', async () => {
    using raw = openRaw(server.url)
    raw.send('GET /healthz HTTP/1.1\r\nHost: x\r\nX-Slow: ')
    const text = await raw.closed()
    expect(text).toMatch(/^HTTP\/1\.1 408 /)
    expect(text).toContain('"code":"request_timeout"')
  })

  test('a body that trickles is cut off, and nothing of it is stored', async () => {
    const before = await server.size()
    using raw = openRaw(server.url)
    raw.send(
      `POST /v1/events HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer ${server.adminKey}\r\nContent-Type: application/json\r\nContent-Length: 5000\r\n\r\n`,
    )
    const trickle = setInterval(() => raw.send(' '), 50)
    const text = await raw.closed()
    clearInterval(trickle)
    expect(text).toMatch(/^HTTP\/1\.1 408 /)
    expect(await server.size()).toBe(before)
  })

  test.for([
    ['no HTTP', 'hello\r\n\r\n', 400],
    ['no Host', 'GET /healthz HTTP/1.1\r\nConnection: close\r\n\r\n', 400],
    ['a Host that is none', 'GET /healthz HTTP/1.1\r\nHost: a b@c\r\nConnection: close\r\n\r\n', 400],
    ['a target that is none', 'GET http://[/ HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n', 400],
    ['two lengths', 'POST /v1/events HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\nContent-Length: 3\r\n\r\n[]', 400],
    [
      'a length and chunks',
      'POST /v1/events HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n',
      400,
    ],
    ['NUL in the target', 'GET /v1/runs/\0 HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n', 400],
    ['headers of 64 KiB', `GET /healthz HTTP/1.1\r\nHost: x\r\nX-Large: ${'x'.repeat(64 * 1024)}\r\n\r\n`, 431],
  ] as const)('%s: a problem', async ([, request, status]) => {
    using raw = openRaw(server.url)
    raw.send(request)
    const text = await raw.closed()
    expect(text).toMatch(new RegExp(`^HTTP/1\\.1 ${status} `))
    expect(text).toContain('application/problem+json')
    expect((await server.request('/healthz')).status).toBe(200)
  })

  test.for([
    ['/', 404, 'route_unknown'],
    ['/v1/run', 404, 'route_unknown'],
    ['/v1/runs/', 404, 'route_unknown'],
    ['/v2/events', 404, 'route_unknown'],
    ['/v1/runs/%', 400, 'url_invalid'],
    ['/v1/runs/%00', 404, 'run_unknown'],
    ['/v1/runs/%ff%fe', 400, 'url_invalid'],
    ['/v1/runs/%ED%A0%80', 400, 'url_invalid'],
    ['/v1/runs/..%2f..%2fetc%2fpasswd', 404, 'run_unknown'],
    ["/v1/runs/'%20OR%201=1--", 404, 'run_unknown'],
    [`/v1/runs/${'9'.repeat(8_000)}`, 404, 'run_unknown'],
    ['/v1/runs?limt=1', 400, 'parameter_unknown'],
    ['/v1/runs?q=%', 400, 'url_invalid'],
    ['/v1/runs?limit=1&limit=2', 400, 'parameter_repeated'],
    ['/v1/log/proof/inclusion', 400, 'parameter_invalid'],
    ['/v1/log/proof/inclusion?index=1&event_id=x', 400, 'parameter_invalid'],
    ['/v1/log/proof/consistency', 400, 'parameter_invalid'],
  ] as const)('GET %s answers %i %s', async ([target, status, code]) => {
    const { body, ...answer } = await server.request(target)
    expect([answer.status, body['code']]).toEqual([status, code])
    expect(answer.headers.get('content-type')).toBe('application/problem+json')
  })

  test('another method is 405 and says which are allowed', async () => {
    const { status, body, headers } = await server.request('/v1/runs', { method: 'PUT', body: '{}' })
    expect([status, body['code'], headers.get('allow')]).toEqual([405, 'method_not_allowed', 'GET, HEAD, OPTIONS'])
    expect((await server.request('/v1/events', { method: 'DELETE' })).headers.get('allow')).toBe('POST, OPTIONS')
  })

  test('HEAD answers as GET without a body', async () => {
    const head = await server.request('/v1/log', { method: 'HEAD' })
    expect([head.status, head.text, head.headers.get('content-type')]).toEqual([200, '', 'application/json'])
    expect((await server.request('/v1/log', { method: 'HEAD', key: null })).status).toBe(401)
    expect((await server.request('/v1/tail', { method: 'HEAD' })).status).toBe(200)
  })

  test('no page of another origin is let in', async () => {
    const headers = { origin: 'https://evil.example', 'access-control-request-method': 'POST' }
    for (const method of ['OPTIONS', 'GET']) {
      const answer = await server.request('/v1/log', { method, headers })
      expect([...answer.headers.keys()].filter((name) => name.startsWith('access-control'))).toEqual([])
    }
  })

  test('every answer, also a refusal, carries the security headers and is not kept by caches', async () => {
    for (const target of ['/v1/log', '/v1/runs/none', '/nowhere', '/healthz']) {
      const { headers } = await server.request(target)
      expect(headers.get('x-content-type-options')).toBe('nosniff')
      expect(headers.get('content-security-policy')).toContain("default-src 'none'")
      expect(headers.get('cache-control')).toBe('no-store')
      expect(headers.get('x-powered-by')).toBeNull()
    }
  })

  test('many connections that say nothing do not keep others out', async () => {
    const idle = Array.from({ length: 100 }, () => openRaw(server.url))
    expect((await server.send(runCreated('run-beside-idle'))).status).toBe(200)
    for (const raw of idle) raw[Symbol.dispose]()
  })
})

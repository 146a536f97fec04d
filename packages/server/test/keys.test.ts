import { setTimeout as wait } from 'node:timers/promises'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { routes } from '../src/routes/index.ts'
import { nextId, runCreated } from './_events.ts'
import { createTestServer, type TestServer } from './_server.ts'

let server: TestServer
beforeAll(async () => {
  server = await createTestServer()
})
afterAll(() => server[Symbol.asyncDispose]())

const observation = (): Record<string, unknown> => ({
  schema_version: '1.0',
  event_id: nextId(),
  event_type: 'effect_observed',
  target: { type: 'order', id: 'W1001' },
  effect: { status: 'applied', external_ref: 're_1', source: 'stripe' },
})

const codeOf = async (answer: Promise<{ status: number; body: Record<string, unknown> }>): Promise<unknown> => {
  const { status, body } = await answer
  return status < 300 ? status : body['code']
}

describe('keys', () => {
  test('no route but the public ones answers without a key, or with a wrong one', async () => {
    const wrong = [null, '', 'x', `${server.adminKey}x`, server.adminKey.slice(0, -1), 'é', 'a'.repeat(4_000)]
    for (const route of routes.filter(({ access }) => access !== 'public')) {
      const target = route.path.replace(':id', 'x')
      for (const key of wrong.filter((candidate) => candidate === null || /^[\x21-\x7e]*$/.test(candidate))) {
        const { status, body, headers } = await server.request(target, { key, method: route.method })
        expect([route.path, status, body['code']]).toEqual([route.path, 401, 'unauthenticated'])
        expect(headers.get('www-authenticate')).toMatch(/^Bearer realm="counterfoil"/)
      }
    }
  })

  test('another scheme than Bearer is no key', async () => {
    for (const authorization of [
      `Basic ${server.adminKey}`,
      server.adminKey,
      'Bearer',
      `Bearer ${server.adminKey} x`,
    ]) {
      const { status } = await server.request('/v1/log', { key: null, headers: { authorization } })
      expect(status).toBe(401)
    }
  })

  test('a key may do what its scopes say and nothing else', async () => {
    const { key: ingest } = await server.createKey(['ingest'])
    const { key: read } = await server.createKey(['read'])
    const { key: observe } = await server.createKey(['observe'])
    const { key: policy } = await server.createKey(['policy'])
    expect(await codeOf(server.send(runCreated('run-scope'), '/v1/events', { key: ingest }))).toBe(200)
    expect(await codeOf(server.send(runCreated('run-scope-2'), '/v1/events', { key: read }))).toBe('scope_missing')
    expect(await codeOf(server.send(observation(), '/v1/events', { key: observe }))).toBe(200)
    expect(await codeOf(server.send(observation(), '/v1/events', { key: ingest }))).toBe('type_not_permitted')
    expect(await codeOf(server.send(runCreated('run-scope-3'), '/v1/events', { key: observe }))).toBe(
      'type_not_permitted',
    )
    expect(await codeOf(server.send(runCreated('run-scope-4'), '/v1/events', { key: policy }))).toBe(
      'type_not_permitted',
    )
    for (const key of [ingest, observe, policy]) {
      expect(await codeOf(server.request('/v1/runs', { key }))).toBe('scope_missing')
      expect(await codeOf(server.request('/v1/log', { key }))).toBe(200)
      expect(await codeOf(server.request('/v1/keys', { key }))).toBe('scope_missing')
    }
    expect(await codeOf(server.request('/v1/runs', { key: read }))).toBe(200)
    expect(await codeOf(server.request('/v1/keys', { key: read }))).toBe('scope_missing')
    expect(await codeOf(server.send({ name: 'other' }, '/v1/logs', { key: read }))).toBe('scope_missing')
  })

  test('are listed without their secrets, and refused once revoked', async () => {
    const { id, key } = await server.createKey(['read'])
    const { text, body } = await server.request('/v1/keys')
    expect((body['keys'] as { id: string }[]).map((report) => report.id)).toContain(id)
    expect(text).not.toContain(key)
    expect(text).not.toContain(server.adminKey)
    expect((await server.request('/v1/runs', { key })).status).toBe(200)
    expect((await server.request(`/v1/keys/${id}`, { method: 'DELETE' })).status).toBe(204)
    expect((await server.request('/v1/runs', { key })).status).toBe(401)
    expect((await server.request('/v1/keys/none', { method: 'DELETE' })).body['code']).toBe('api_key_unknown')
  })

  test.for([
    [{}, 422, 'field_missing'],
    [[], 422, 'not_an_object'],
    [{ scopes: [] }, 422, 'field_invalid'],
    [{ scopes: ['root'] }, 422, 'field_invalid'],
    [{ scopes: ['read', 'read'] }, 422, 'field_invalid'],
    [{ scopes: 'read' }, 422, 'field_invalid'],
    [{ scopes: ['read'], log: 'other' }, 422, 'field_unknown'],
    [{ scopes: ['read'], name: '' }, 422, 'field_invalid'],
    [{ scopes: ['read'], name: 'n'.repeat(20_000) }, 413, 'body_too_large'],
  ] as const)('a request for %o is refused', async ([request, status, code]) => {
    const answer = await server.send(request, '/v1/keys')
    expect([answer.status, answer.body['code']]).toEqual([status, code])
  })

  test('are stored nowhere as they are', async () => {
    const { readdir, readFile } = await import('node:fs/promises')
    const { key } = await server.createKey(['read'])
    await wait(50)
    for (const entry of await readdir(server.folder, { recursive: true, withFileTypes: true })) {
      if (!entry.isFile()) continue
      // SQLite's journals of a moment may be gone again.
      const bytes = await readFile(`${entry.parentPath}/${entry.name}`).catch(() => Buffer.of())
      expect(bytes.includes(key)).toBe(false)
      expect(bytes.includes(server.adminKey)).toBe(false)
    }
  })
})

describe('figures', () => {
  test('of a server with one log are shown to its reader', async () => {
    await server.send(runCreated('run-metrics'))
    const { text, headers } = await server.request('/metrics')
    expect(headers.get('content-type')).toContain('text/plain')
    expect(text).toMatch(/^counterfoil_events_total\{log="[^"]+",result="stored"\} [1-9]/m)
    expect(text).toMatch(/^counterfoil_http_requests_total\{method="POST",route="\/v1\/events",status="200"\} [1-9]/m)
    expect(text).toContain('process_cpu_seconds_total')
    const { key } = await server.createKey(['ingest'])
    expect((await server.request('/metrics', { key })).status).toBe(403)
  })

  test('health needs no key and tells nothing', async () => {
    for (const target of ['/healthz', '/readyz']) {
      const { status, body } = await server.request(target, { key: null })
      expect([status, body]).toEqual([200, { status: 'ok' }])
    }
  })

  test('the contract is public', async () => {
    const { status, body } = await server.request('/v1/schema', { key: null })
    expect(status).toBe(200)
    const events = body['events'] as { type: string; schema: { properties: object } }[]
    expect(events.length).toBeGreaterThan(30)
    expect(events[0]?.schema.properties).toHaveProperty('payload')
    const openapi = await server.request('/v1/openapi.json', { key: null })
    expect(openapi.body['openapi']).toMatch(/^3\.1/)
  })
})

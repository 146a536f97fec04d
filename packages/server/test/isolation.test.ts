import { createHash } from 'node:crypto'
import type { LogReport } from '@counterfoil/ledger'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { routes } from '../src/routes/index.ts'
import { nextId, refundRun, runCreated, type TestEvent } from './_events.ts'
import { createTestServer, type Answer, type TestServer } from './_server.ts'
import { readTail } from './_tail.ts'

/** Stands in every field of log B that takes a text; it must come back to nobody but B. */
const canary = 'canary-b-7f3a'

interface Tenant {
  readonly log: LogReport & { readonly tiles: string }
  readonly adminKey: string
  readonly events: readonly TestEvent[]
  readonly keyIds: readonly string[]
}

let server: TestServer
let a: Tenant
let b: Tenant
beforeAll(async () => {
  const metricsToken = 'm'.repeat(32)
  server = await createTestServer({ metricsToken })
  const made = await server.send({ name: canary, origin: `${canary}.example/log` }, '/v1/logs')
  const bKey = made.body['admin_key'] as string
  const ofB = refundRun(`${canary}-run`, { note: canary, order: canary })
  const [first = runCreated(canary), ...rest] = ofB
  const eventsB = [
    {
      ...first,
      customer_id: canary,
      workflow: { name: canary, version: '1.0.0' },
      attributes: { [canary.replaceAll('-', '_')]: canary },
    },
    ...rest,
  ]
  await server.send(eventsB, '/v1/events', { key: bKey })
  const eventsA = refundRun('run-of-a')
  await server.send(eventsA)
  const tenant = async (key: string, events: readonly TestEvent[]): Promise<Tenant> => ({
    log: (await server.request('/v1/log', { key })).body as unknown as Tenant['log'],
    adminKey: key,
    events,
    keyIds: ((await server.request('/v1/keys', { key })).body['keys'] as { id: string }[]).map(({ id }) => id),
  })
  a = await tenant(server.adminKey, eventsA)
  b = await tenant(bKey, eventsB)
})
afterAll(() => server[Symbol.asyncDispose]())

/** Everything that could name something of B, in every place that a route takes. */
function targetsOfB(path: string): string[] {
  const ids = [
    ...b.events.flatMap((event) => [event.event_id, event.run_id]),
    canary,
    ...b.keyIds,
    createHash('sha256').update(b.log.origin).digest('hex').slice(0, 32),
  ]
  const filled = path.includes(':id') ? ids.map((id) => path.replace(':id', encodeURIComponent(id))) : [path]
  return filled.map((target) => target.replace(':level', '0').replace(/:path\{.*\}/, '000.p/1'))
}

const queriesOfB: Readonly<Record<string, readonly string[]>> = {
  '/v1/runs': [`q=${canary}`, `q=customer:${canary}`, `q=workflow:${canary}`, 'facets=workflow,customer', 'q='],
  '/v1/actions': [`q=${canary}`, `q=customer:${canary}`, 'q='],
  '/v1/log/proof/inclusion': ['index=0', 'index=6'],
  '/v1/log/proof/consistency': ['from=1'],
}

/** A body that the route can read: it must get as far as looking for what is B's. */
function bodyFor(path: string): string {
  return JSON.stringify(path.endsWith('/stop') ? { reason_code: 'wrong_log' } : { log: canary })
}

function assertNothingOfB(answer: Pick<Answer, 'text' | 'headers'>, request: string): void {
  const secrets = [canary, b.log.vkey, b.log.root, b.adminKey, ...b.events.map(({ event_id }) => event_id)]
  // What the request itself names may be named by the refusal.
  for (const secret of secrets.filter((candidate) => !decodeURIComponent(request).includes(candidate))) {
    expect([request, answer.text.includes(secret)]).toEqual([request, false])
  }
  expect(JSON.stringify([...answer.headers])).not.toContain(canary)
}

describe("log A's key never sees a byte of log B", () => {
  test('the two are there, and B sees itself', async () => {
    expect(a.log.log).not.toBe(b.log.log)
    const own = await server.request(`/v1/runs/${encodeURIComponent(b.events[0]?.run_id ?? '')}`, { key: b.adminKey })
    expect(own.status).toBe(200)
    expect(own.text).toContain(canary)
  })

  test('on every route of the table, with every id of B, for every scope', async () => {
    const keys = [a.adminKey]
    for (const scope of ['ingest', 'observe', 'policy', 'read'] as const)
      keys.push((await server.createKey([scope])).key)
    const sizeBefore = (await server.request('/v1/log', { key: b.adminKey })).body['size']
    let requests = 0
    for (const route of routes.filter(({ path }) => path !== '/v1/tail')) {
      for (const key of keys) {
        for (const target of targetsOfB(route.path)) {
          for (const query of queriesOfB[route.path] ?? ['']) {
            const request = query === '' ? target : `${target}?${query}`
            const answer = await server.request(request, {
              key,
              method: route.method,
              ...(route.method === 'POST'
                ? { body: bodyFor(route.path), headers: { 'content-type': 'application/json' } }
                : {}),
            })
            requests++
            assertNothingOfB(answer, request)
            expect(answer.status).toBeLessThan(500)
            const isRefused = answer.status === 403 || answer.status === 404
            expect([request, isRefused || !route.path.includes(':id')]).toEqual([request, true])
          }
        }
      }
    }
    expect(requests).toBeGreaterThan(300)
    expect((await server.request('/v1/log', { key: b.adminKey })).body['size']).toBe(sizeBefore)
    expect((await server.request('/v1/keys', { key: b.adminKey })).body['keys']).toHaveLength(b.keyIds.length)
  })

  test('on the live tail, from the beginning and while B writes', async () => {
    const events = await readTail(server, '/v1/tail?from=0', a.log.size + 1, {
      key: a.adminKey,
      onOpen: async () => {
        await server.send(runCreated(`${canary}-live`), '/v1/events', { key: b.adminKey })
        await server.send(runCreated('run-of-a-live'), '/v1/events', { key: a.adminKey })
      },
    })
    expect(events.at(-1)?.data).toMatchObject({ run_id: 'run-of-a-live' })
    expect(JSON.stringify(events)).not.toContain(canary)
  })

  test('nor in the figures, where the operator sees both', async () => {
    const ofA = await server.request('/metrics', { key: a.adminKey })
    expect(ofA.status).toBe(200)
    expect(ofA.text).toContain(`log="${a.log.log}"`)
    expect(ofA.text).not.toContain(canary)
    expect(ofA.text).not.toContain('process_cpu_seconds_total')
    const all = await server.request('/metrics', { key: 'm'.repeat(32) })
    expect(all.text).toContain(`log="${canary}"`)
    expect(all.text).toContain('process_cpu_seconds_total')
    expect((await server.request('/v1/runs', { key: 'm'.repeat(32) })).status).toBe(401)
  })

  test('the same event in both logs is stored in both', async () => {
    const event = { ...runCreated('run-shared'), event_id: nextId() }
    const inA = await server.send(event)
    const inB = await server.send(event, '/v1/events', { key: b.adminKey })
    expect([inA, inB].map(({ body }) => (body['acks'] as { status: string }[])[0]?.status)).toEqual([
      'stored',
      'stored',
    ])
  })

  test('tiles are public by their path, and refused to a key of another log', async () => {
    const { pathname } = new URL(b.log.tiles)
    expect((await server.request(`${pathname}/checkpoint`, { key: null })).status).toBe(200)
    expect((await server.request(`${pathname}/checkpoint`, { key: b.adminKey })).status).toBe(200)
    const refused = await server.request(`${pathname}/tile/0/000.p/1`, { key: a.adminKey })
    expect([refused.status, refused.body['code']]).toEqual([403, 'log_forbidden'])
  })

  test("a later log's admin makes no logs, and learns no names", async () => {
    for (const name of ['another', a.log.log]) {
      const { status, body } = await server.send({ name }, '/v1/logs', { key: b.adminKey })
      expect([status, body['code']]).toEqual([403, 'log_forbidden'])
    }
    const { text } = await server.request('/v1/logs', { key: b.adminKey })
    expect(text).not.toContain(a.log.origin)
  })

  test.for([
    [{}, 422, 'field_missing'],
    [{ name: '../x' }, 422, 'log_name_invalid'],
    [{ name: 'x', colour: 'red' }, 422, 'field_unknown'],
    [{ name: 'x', origin: 7 }, 422, 'field_invalid'],
    [{ name: canary }, 409, 'log_exists'],
  ] as const)('a log %o is refused', async ([request, status, code]) => {
    const answer = await server.send(request, '/v1/logs')
    expect([answer.status, answer.body['code']]).toEqual([status, code])
  })
})

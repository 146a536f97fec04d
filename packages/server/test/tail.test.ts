import { setTimeout as wait } from 'node:timers/promises'
import { openKeys } from '@counterfoil/ledger'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { inputResolved, runCreated } from './_events.ts'
import { createTestServer, type TestServer } from './_server.ts'
import { openRaw } from './_socket.ts'
import { readTail } from './_tail.ts'

let server: TestServer
beforeAll(async () => {
  server = await createTestServer({ tailHeartbeatMs: 100, tailStallMs: 300, tailStreamsPerLogMax: 4 })
})
afterAll(() => server[Symbol.asyncDispose]())

describe('the live tail', () => {
  test('shows what is written after it was opened', async () => {
    const event = runCreated('run-live')
    const events = await readTail(server, '/v1/tail', 1, {
      onOpen: async () => {
        await server.send(event)
      },
    })
    expect(events[0]?.data).toMatchObject({ event_id: event.event_id, index: events[0]?.id })
  })

  test('resumes behind the last event that was seen, with nothing lost and nothing twice', async () => {
    const from = await server.size()
    const sent = Array.from({ length: 40 }, (_, i) => inputResolved('run-resume', i))
    await server.send(sent.slice(0, 20))
    const first = await readTail(server, `/v1/tail?from=${from}`, 15)
    await server.send(sent.slice(20))
    const lastEventId = first[14]?.id ?? -1
    const second = await readTail(server, `/v1/tail?from=${from}`, 25, { lastEventId })
    const seen = [...first.slice(0, 15), ...second].map(({ data }) => data['event_id'])
    expect(seen).toEqual(sent.map(({ event_id }) => event_id))
  })

  test('shows only what the query asks for', async () => {
    const from = await server.size()
    await server.send([
      runCreated('run-a', { customer_id: 'umbrella' }),
      runCreated('run-b'),
      inputResolved('run-a', 1),
    ])
    const events = await readTail(server, `/v1/tail?from=${from}&q=customer:umbrella`, 2)
    expect(events.map(({ data }) => data['run_id'])).toEqual(['run-a', 'run-a'])
  })

  test('refuses a query that cannot be understood, and an id that is none', async () => {
    expect((await server.request('/v1/tail?q=custmer:x')).body['code']).toBe('query_invalid')
    const { body } = await server.request('/v1/tail', { headers: { 'last-event-id': '-1' } })
    expect(body['code']).toBe('header_invalid')
  })

  test('stays alive by comments, is limited in number, and ends when its key is revoked', async () => {
    const { id, key } = await server.createKey(['read'])
    const request = `GET /v1/tail HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer ${key}\r\n\r\n`
    const streams = Array.from({ length: 4 }, () => openRaw(server.url))
    for (const stream of streams) stream.send(request)
    await wait(350)
    const { status, body } = await server.request('/v1/tail')
    expect([status, body['code']]).toEqual([503, 'too_many_streams'])
    expect((await server.request(`/v1/keys/${id}`, { method: 'DELETE' })).status).toBe(204)
    for (const stream of streams) {
      // The stream ends; the connection may stay for the next request.
      await wait(50)
      stream.socket.end()
      const text = await stream.closed()
      expect(text).toContain('\n:\n\n')
      expect(text).toMatch(/0\r\n\r\n$/)
    }
    expect((await readTail(server, '/v1/tail?from=0', 1)).length).toBe(1)
  })

  test('ends soon when its key is revoked beside the server', async () => {
    const { id, key } = await server.createKey(['read'])
    using raw = openRaw(server.url)
    raw.send(`GET /v1/tail HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer ${key}\r\n\r\n`)
    await wait(100)
    {
      using opened = openKeys({ data: server.running.config.data })
      await opened.keys.revoke(id)
    }
    // The key is looked at every second and remembered for one: after three, nothing may come any more.
    await wait(3_000)
    await server.send(inputResolved('run-after', 0))
    raw.socket.end()
    expect(await raw.closed()).not.toContain('run-after')
  })

  test('cuts off a reader that takes nothing', async () => {
    const payload = 'attribute'
    const from = await server.size()
    for (let batch = 0; batch < 20; batch++) {
      const attributes = Object.fromEntries(Array.from({ length: 32 }, (_, i) => [`k${i}`, payload.repeat(25)]))
      await server.send(
        Array.from({ length: 100 }, (_, i) => inputResolved('run-slow', batch * 100 + i, { attributes })),
      )
    }
    using raw = openRaw(server.url)
    raw.socket.pause()
    raw.send(`GET /v1/tail?from=${from} HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer ${server.adminKey}\r\n\r\n`)
    await wait(1_500)
    raw.socket.resume()
    const text = await raw.closed()
    const ids = [...text.matchAll(/\nid: (\d+)\n/g)].map(([, id]) => Number(id))
    expect(ids.length).toBeLessThan(2_000)
    const rest = await readTail(server, '/v1/tail', 1, { lastEventId: ids.at(-2) ?? from - 1 })
    expect(rest[0]?.id).toBe((ids.at(-2) ?? from - 1) + 1)
  })
})

test('a client that has seen more than the log has is told so, and does not wait in silence', async () => {
  const beyond = await server.request('/v1/tail', { headers: { 'last-event-id': '999999999999999' } })
  expect(beyond).toMatchObject({ status: 409, body: { code: 'tail_beyond_end' } })
})

import { describe, expect, test } from 'vitest'
import { startServer } from '../src/index.ts'
import { inputResolved, type TestEvent } from './_events.ts'
import { createTestServer } from './_server.ts'
import { openRaw } from './_socket.ts'

describe('stopping', () => {
  test('under load loses nothing that was acknowledged, and refuses the rest', async () => {
    const server = await createTestServer()
    const acknowledged: string[] = []
    const statuses = new Set<number>()
    const send = async (batch: number): Promise<void> => {
      const events: TestEvent[] = Array.from({ length: 50 }, (_, i) => inputResolved('run-load', batch * 50 + i))
      try {
        const { status, body } = await server.send(events)
        if (status === 200) for (const ack of body['acks'] as { event_id: string }[]) acknowledged.push(ack.event_id)
        statuses.add(status)
      } catch {
        // The connection was refused or closed: nothing was acknowledged.
      }
    }
    const sending = Array.from({ length: 60 }, (_, batch) => send(batch))
    await Promise.race(sending)
    await server.running[Symbol.asyncDispose]()
    await Promise.all(sending)
    expect(acknowledged.length).toBeGreaterThan(0)
    expect([...statuses].filter((status) => status !== 200 && status !== 503)).toEqual([])
    await expect(fetch(`${server.url}/healthz`)).rejects.toThrow('fetch failed')

    const again = await startServer({ ...server.running.config, port: 0 })
    for (const id of acknowledged) {
      const response = await fetch(`${again.url}/v1/events/${id}`, {
        headers: { authorization: `Bearer ${server.adminKey}` },
      })
      expect(response.status).toBe(200)
      await response.arrayBuffer()
    }
    await again[Symbol.asyncDispose]()
    await server[Symbol.asyncDispose]()
  })

  test('ends live streams and idle connections at once', async () => {
    await using server = await createTestServer({ shutdownTimeoutMs: 60_000 })
    const stream = openRaw(server.url)
    stream.send(`GET /v1/tail HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer ${server.adminKey}\r\n\r\n`)
    await new Promise((resolve) => stream.socket.once('data', resolve))
    await server.running[Symbol.asyncDispose]()
    expect(await stream.closed()).toContain('retry: 2000')
  })

  test('does not wait for a client that never ends its request', async () => {
    await using server = await createTestServer({ shutdownTimeoutMs: 200 })
    const raw = openRaw(server.url)
    raw.send(
      `POST /v1/events HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer ${server.adminKey}\r\nContent-Length: 100\r\n\r\n[`,
    )
    await new Promise((resolve) => setTimeout(resolve, 50))
    await server.running[Symbol.asyncDispose]()
    expect(await raw.closed()).not.toContain('HTTP/1.1 200')
  })

  test('happens once, however often it is asked for', async () => {
    await using server = await createTestServer()
    const stop = (): Promise<unknown> => Promise.resolve(server.running[Symbol.asyncDispose]())
    await expect(Promise.all([stop(), stop()])).resolves.toHaveLength(2)
  })
})

describe('starting', () => {
  test('on a port that is taken says so, and leaves the data free', async () => {
    await using server = await createTestServer()
    const { port } = server.running.config
    await using other = await createTestServer()
    const config = other.running.config
    await other.running[Symbol.asyncDispose]()
    await expect(startServer({ ...config, port })).rejects.toMatchObject({ code: 'port_in_use' })
    const again = await startServer({ ...config, port: 0 })
    expect(again.firstStart).toBeUndefined()
    await again[Symbol.asyncDispose]()
  })

  test('on data that another server uses is refused', async () => {
    await using server = await createTestServer()
    await expect(startServer({ ...server.running.config, port: 0 })).rejects.toMatchObject({ code: 'data_in_use' })
    expect((await server.request('/readyz')).status).toBe(200)
  })
})

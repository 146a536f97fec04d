import type { ServerResponse } from 'node:http'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import type { RecorderError } from '../src/errors.ts'
import { createTestLog, inputOf, openOutbox, type TestLog } from './_outbox.ts'
import { createProxy, withFirst, type Proxy } from './_proxy.ts'

let log: TestLog
let proxy: Proxy
beforeAll(async () => {
  log = await createTestLog()
})
afterAll(() => log[Symbol.asyncDispose]())
beforeEach(async () => {
  proxy = await createProxy(log.url)
})
afterEach(() => proxy[Symbol.asyncDispose]())

const answer =
  (status: number, body: string, headers: Record<string, string> = {}) =>
  (outgoing: ServerResponse): void => {
    outgoing.writeHead(status, headers)
    outgoing.end(body)
  }

/** Answers after which nothing may count as acknowledged, and everything is delivered once the server is itself again. */
const transient: Readonly<Record<string, (outgoing: ServerResponse) => void>> = {
  'a 500': answer(500, 'oops'),
  'a 503 that asks to wait': answer(503, '{"code":"busy"}', { 'retry-after': '0' }),
  'a 429': answer(429, '{"code":"busy"}', { 'retry-after': '1' }),
  'a 408': answer(408, '{"code":"request_timeout"}'),
  'a 404 of some other server': answer(404, '<html>'),
  'a redirect': answer(307, '', { location: 'http://127.0.0.1:9/' }),
  'a 400 without a code': answer(400, 'Bad Request'),
  'garbage with status 200': answer(200, 'PK\u0003\u0004 not JSON'),
  'an empty 200': answer(200, ''),
  'JSON that is no report': answer(200, '{"ok":true}'),
  'a report that answers for nothing': answer(200, '{"acks":[],"rejected":[],"size":1}'),
  'a 204': answer(204, ''),
  'half a body': (outgoing) => {
    outgoing.writeHead(200, { 'content-length': '500' })
    outgoing.write('{"acks":[')
    setTimeout(() => outgoing.destroy(), 5)
  },
  'a reset instead of an answer': (outgoing) => void outgoing.destroy(),
  'a byte now and then, for ever': (outgoing) => {
    outgoing.writeHead(200)
    const timer = setInterval(() => outgoing.write(' '), 20)
    outgoing.on('close', () => clearInterval(timer))
  },
}

describe('a server that answers with', () => {
  it.each(Object.keys(transient))('%s: nothing is acknowledged, nothing is lost, nothing comes twice', async (name) => {
    const misbehave = transient[name]
    if (misbehave === undefined) throw new Error(name)
    proxy.mischief = withFirst(2, misbehave)
    const problems: RecorderError[] = []
    const outbox = openOutbox({ ...log, url: proxy.url }, log.newSpool(), {
      requestTimeoutMs: 400,
      onProblem: ({ error }) => problems.push(error),
    })
    const recorded = [0, 1, 2].map((at) => outbox.record(inputOf('run-1', at)))
    await Promise.all(recorded.map((each) => each.confirmed(30_000)))
    await outbox[Symbol.asyncDispose]()
    const sent = (await log.eventsOf(outbox)).map(({ event_id: id }) => id)
    expect(sent.slice(1, -1)).toEqual(recorded.map(({ eventId }) => eventId))
    expect(problems.map(({ code }) => code)).toEqual(['log_unreachable'])
    expect(outbox.state()).toMatchObject({ deadLetters: 0 })
  })

  const forged: Readonly<Record<string, (report: Record<string, unknown>) => unknown>> = {
    'acknowledgements of other events': (report) => ({
      ...report,
      acks: (report['acks'] as object[]).map((ack) => ({ ...ack, event_id: '01939c5e-7a10-7c3e-8d55-3f0a6d1b2c45' })),
    }),
    'an entry that its checkpoint does not cover': (report) => ({
      ...report,
      acks: (report['acks'] as object[]).map((ack) => ({ ...ack, index: 1_000_000 })),
    }),
    'a checkpoint that nobody signed': (report) => ({
      ...report,
      checkpoint: String(report['checkpoint']).replace(/\n([^\n]+)\n\n/, '\nAAAA$1\n\n'),
    }),
    'no checkpoint': ({ checkpoint: _checkpoint, ...report }) => report,
    'one answer too few': (report) => ({ ...report, acks: (report['acks'] as object[]).slice(1) }),
    'the same answer twice': (report) => ({
      ...report,
      acks: (report['acks'] as object[]).map((ack) => ({ ...ack, position: 0 })),
    }),
  }

  it.each(Object.keys(forged))('%s: that is no acknowledgement', async (name) => {
    const forge = forged[name]
    proxy.forge = (path, text) =>
      path === '/v1/events' ? JSON.stringify(forge?.(JSON.parse(text) as Record<string, unknown>)) : text
    const outbox = openOutbox({ ...log, url: proxy.url }, log.newSpool(), { closeWithinMs: 10_000 })
    const confirmed = outbox.record(inputOf('run-2', 0)).confirmed(60_000)
    // Whoever does not believe an answer asks again.
    const sent = (): number => proxy.seen.filter((each) => each === 'POST /v1/events').length
    await expect.poll(sent, { timeout: 30_000 }).toBeGreaterThan(1)
    expect(outbox.state()).toMatchObject({ waitingEvents: 2 })
    proxy.forge = undefined
    await confirmed
    await outbox[Symbol.asyncDispose]()
    expect(await log.eventsOf(outbox)).toHaveLength(3)
  })

  it('a 413: less is sent at once until it fits, and what never fits is set aside', async () => {
    const sizes: number[] = []
    proxy.mischief = ({ url }, outgoing, body) => {
      if (url !== '/v1/events') return false
      const events = body.trim().split('\n').length
      const isTooLarge = events > 20 || body.includes('"huge"')
      if (!isTooLarge) sizes.push(events)
      else answer(413, 'too large')(outgoing)
      return isTooLarge
    }
    const outbox = openOutbox({ ...log, url: proxy.url }, log.newSpool(), { closeWithinMs: 30_000 })
    const all = Array.from({ length: 100 }, (_, at) => outbox.record(inputOf('run-3', at, at === 50 ? 'huge' : at)))
    await expect(all[50]?.confirmed(30_000)).rejects.toMatchObject({ code: 'event_refused' })
    await all.at(-1)?.confirmed(30_000)
    await outbox[Symbol.asyncDispose]()
    expect(Math.max(...sizes)).toBeGreaterThan(1)
    expect(outbox.state()).toMatchObject({ deadLetters: 1 })
    const sent = (await log.eventsOf(outbox)).filter(({ run_id: run }) => run === 'run-3')
    expect(sent.filter(({ event_type: type }) => type === 'input_resolved')).toHaveLength(99)
    expect(sent.filter(({ event_type: type }) => type === 'event_refused')).toMatchObject([{ run_seq: 50 }])
  })

  it('a 401: whoever waits is told by name at once, nothing is lost, and a mended key goes on', async () => {
    proxy.mischief = (_incoming, outgoing) => {
      answer(401, '{"code":"unauthenticated"}')(outgoing)
      return true
    }
    const outbox = openOutbox({ ...log, url: proxy.url }, log.newSpool(), { closeWithinMs: 10_000 })
    const recorded = outbox.record(inputOf('run-4', 0))
    await expect(recorded.confirmed(30_000)).rejects.toMatchObject({ code: 'key_refused' })
    await recorded.spooled
    expect(outbox.state()).toMatchObject({ problem: { code: 'key_refused' }, waitingEvents: 2 })
    await expect(outbox.flush(30_000)).rejects.toMatchObject({ code: 'key_refused' })
    proxy.mischief = undefined
    await recorded.confirmed(30_000)
    await outbox[Symbol.asyncDispose]()
    expect(await log.eventsOf(outbox)).toHaveLength(3)
  })

  it('a key without the scope: the same', async () => {
    const response = await fetch(`${log.url}/v1/keys`, {
      method: 'POST',
      headers: { authorization: `Bearer ${log.key}`, 'content-type': 'application/json' },
      body: JSON.stringify({ scopes: ['read'], name: 'reader' }),
    })
    const { key } = (await response.json()) as { key: string }
    const outbox = openOutbox({ url: log.url, key }, log.newSpool(), { closeWithinMs: 0 })
    await expect(outbox.record(inputOf('run-5', 0)).confirmed(30_000)).rejects.toMatchObject({ code: 'key_refused' })
    await outbox[Symbol.asyncDispose]()
  })

  it('nothing at all after a cut connection: the next one is used', async () => {
    const outbox = openOutbox({ ...log, url: proxy.url }, log.newSpool(), { closeWithinMs: 10_000 })
    for (let at = 0; at < 5; at++) {
      await outbox.record(inputOf('run-6', at)).confirmed(30_000)
      proxy.cut()
    }
    await outbox[Symbol.asyncDispose]()
    expect(await log.eventsOf(outbox)).toHaveLength(7)
  })
})

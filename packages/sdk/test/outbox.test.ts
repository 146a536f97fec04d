import { readdirSync } from 'node:fs'
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import { filesUnder } from '../../store/test/files-under.ts'
import { createTestLog, inputOf, openOutbox, secret, seqOf, type TestLog } from './_outbox.ts'

let log: TestLog
beforeAll(async () => {
  log = await createTestLog()
})
afterAll(() => log[Symbol.asyncDispose]())

describe('an outbox', () => {
  it('delivers in order, between its first and its last frame, numbered without gaps', async () => {
    const spool = log.newSpool()
    const outbox = openOutbox(log, spool)
    const recorded = Array.from({ length: 2_500 }, (_, at) => outbox.record(inputOf('run-order', at, { at })))
    const last = await recorded.at(-1)?.confirmed(30_000)
    expect(last?.leafHash).toMatch(/^[0-9a-f]{64}$/)
    expect(outbox.state()).toMatchObject({ waitingEvents: 0, deadLetters: 0 })
    await outbox[Symbol.asyncDispose]()
    const events = await log.eventsOf(outbox)
    expect(events.map(({ event_type: type }) => type)).toEqual([
      'producer_started',
      ...recorded.map(() => 'input_resolved'),
      'producer_stopped',
    ])
    expect(events.slice(1, -1).map(({ event_id: id }) => id)).toEqual(recorded.map(({ eventId }) => eventId))
    expect(events.map(seqOf)).toEqual(events.map((_, at) => at))
    // Nothing is left here but what is remembered of the log.
    expect(readdirSync(spool)).toEqual(['checkpoints'])
  })

  it('fixes the content of an event when it is recorded', async () => {
    const outbox = openOutbox(log, log.newSpool())
    const payload = { amount: 1 }
    const recorded = outbox.record(inputOf('run-fixed', 0, payload))
    payload.amount = 2
    await recorded.confirmed(30_000)
    await outbox[Symbol.asyncDispose]()
    expect(await log.request(`/v1/events/${recorded.eventId}`)).toMatchObject({ payload: { content: { amount: 1 } } })
  })

  it('takes secrets out before anything leaves, and the log says what was removed', async () => {
    const outbox = openOutbox(log, log.newSpool())
    const recorded = outbox.record({
      ...inputOf('run-secret', 0, { password: 'correct horse battery', note: `use ${secret} now` }),
      attributes: { note: secret },
    })
    await recorded.confirmed(30_000)
    await outbox[Symbol.asyncDispose]()
    const { event, payload } = (await log.request(`/v1/events/${recorded.eventId}`)) as {
      event: Record<string, unknown>
      payload: { content: unknown }
    }
    expect(event['redactions']).toEqual([
      { path: '/attributes/note', rule: 'github-token' },
      { path: '/payload', rule: 'key-password' },
      { path: '/payload', rule: 'github-token' },
    ])
    // Where it was, the marker says, in the encrypted payload.
    expect(payload.content).toEqual({ password: '[redacted:key-password]', note: 'use [redacted:github-token] now' })
    expect(
      filesUnder(log.folder).filter(({ bytes }) => bytes.includes(secret) || bytes.includes('correct horse')),
    ).toEqual([])
  })

  it('keeps its order when the clock jumps back', async () => {
    const outbox = openOutbox(log, log.newSpool())
    vi.useFakeTimers({ toFake: ['Date'], now: Date.now() })
    try {
      const before = outbox.record(inputOf('run-clock', 0))
      vi.setSystemTime(Date.now() - 3_600_000)
      const after = outbox.record(inputOf('run-clock', 1))
      expect(after.eventId > before.eventId).toBe(true)
      await after.confirmed(30_000)
    } finally {
      vi.useRealTimers()
    }
    await outbox[Symbol.asyncDispose]()
    expect((await log.eventsOf(outbox)).map(seqOf)).toEqual([0, 1, 2, 3])
  })

  it('says how soon it will be heard again, sooner while a run is open', async () => {
    const outbox = openOutbox(log, log.newSpool())
    outbox.runOpened('run-frames')
    await outbox.record(inputOf('run-frames', 0)).confirmed(30_000)
    outbox.runEnded('run-frames')
    await outbox[Symbol.asyncDispose]()
    expect((await log.eventsOf(outbox)).map(({ event_type: type, attributes }) => [type, attributes])).toEqual([
      ['producer_started', { next_within_s: 900 }],
      ['producer_heartbeat', { next_within_s: 60 }],
      ['input_resolved', undefined],
      ['producer_stopped', undefined],
    ])
  })

  it('refuses to record when it is closed, and sends nothing when nothing was recorded', async () => {
    const spool = log.newSpool()
    const outbox = openOutbox(log, spool)
    await outbox[Symbol.asyncDispose]()
    expect(() => outbox.record(inputOf('run-1', 0))).toThrow(expect.objectContaining({ code: 'recorder_closed' }))
    expect(await log.eventsOf(outbox)).toEqual([])
    expect(readdirSync(spool)).toEqual([])
  })

  it('refuses what JSON cannot hold, and goes on without a gap', async () => {
    const outbox = openOutbox(log, log.newSpool())
    const cycle: { self?: unknown } = {}
    cycle.self = cycle
    const refused = expect.objectContaining({ code: 'payload_invalid' })
    expect(() => outbox.record({ ...inputOf('run-json', 0), payload: cycle as never })).toThrow(refused)
    expect(() => outbox.record(inputOf('run-json', 0, 'x'.repeat(5 * 1024 * 1024)))).toThrow(refused)
    await outbox.record(inputOf('run-json', 0)).confirmed(30_000)
    await outbox[Symbol.asyncDispose]()
    expect((await log.eventsOf(outbox)).map(seqOf)).toEqual([0, 1, 2])
  })
})

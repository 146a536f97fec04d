import { readdirSync } from 'node:fs'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { createTestLog, filesUnder, inputOf, makeOrphans, type TestLog } from './_outbox.ts'

let log: TestLog
beforeEach(async () => {
  log = await createTestLog()
})
afterEach(() => log[Symbol.asyncDispose]())

describe('an outbox', () => {
  it('delivers in order, between its first and its last frame, numbered without gaps', async () => {
    const outbox = log.outbox()
    const recorded = Array.from({ length: 2_500 }, (_, at) => outbox.record(inputOf('run-1', at, { at })))
    const last = await recorded.at(-1)?.confirmed(20_000)
    expect(last?.leafHash).toMatch(/^[0-9a-f]{64}$/)
    await outbox[Symbol.asyncDispose]()
    const events = await log.events()
    expect(events.map(({ event_type: type }) => type)).toEqual([
      'producer_started',
      ...recorded.map(() => 'input_resolved'),
      'producer_stopped',
    ])
    expect(events.slice(1, -1).map(({ event_id: id }) => id)).toEqual(recorded.map(({ eventId }) => eventId))
    expect(events.map(({ producer }) => (producer as { seq: number }).seq)).toEqual(events.map((_, at) => at))
    // Nothing is left here but what is remembered of the log.
    expect(readdirSync(log.spool)).toEqual(['checkpoints'])
  })

  it('fixes the content of an event when it is recorded', async () => {
    const outbox = log.outbox()
    const payload = { amount: 1 }
    const recorded = outbox.record(inputOf('run-1', 0, payload))
    payload.amount = 2
    await recorded.confirmed(10_000)
    await outbox[Symbol.asyncDispose]()
    const headers = { authorization: `Bearer ${log.key}` }
    const event = await (await fetch(`${log.url}/v1/events/${recorded.eventId}`, { headers })).json()
    expect(event).toMatchObject({ payload: { content: { amount: 1 } } })
  })

  it('keeps events while the log is away, and delivers them when it is back', async () => {
    const outbox = log.outbox()
    await outbox.record(inputOf('run-1', 0)).confirmed(10_000)
    await log.stop()
    const recorded = Array.from({ length: 50 }, (_, at) => outbox.record(inputOf('run-1', at + 1)))
    await Promise.all(recorded.map(({ spooled }) => spooled))
    await expect(recorded[0]?.confirmed(100)).rejects.toMatchObject({ code: 'log_unreachable' })
    expect(outbox.state()).toMatchObject({ problem: { code: 'log_unreachable' } })
    await log.start()
    await recorded.at(-1)?.confirmed(20_000)
    expect(outbox.state()).toMatchObject({ waitingEvents: 0 })
    await outbox[Symbol.asyncDispose]()
    expect(await log.events()).toHaveLength(53)
  })

  it('leaves what could not be delivered for the next process, which delivers it once', async () => {
    await log.stop()
    const first = log.outbox()
    for (let at = 0; at < 20; at++) first.record(inputOf('run-1', at))
    await first[Symbol.asyncDispose]()
    await log.start()
    makeOrphans(log.spool)
    const second = log.outbox()
    await second.record(inputOf('run-2', 0)).confirmed(10_000)
    await second.flush(20_000)
    await second[Symbol.asyncDispose]()
    const events = await log.events()
    expect(events.filter(({ run_id: run }) => run === 'run-1')).toHaveLength(20)
    expect(new Set(events.map(({ event_id: id }) => id)).size).toBe(events.length)
    expect(readdirSync(log.spool)).toEqual(['checkpoints'])
  })

  it('takes secrets out before anything reaches the disk, and says what was removed', async () => {
    const secret = ['ghp', 'A1b2C3d4E5f6G7h8I9j0K1l2M3n4O5p6Q7r8'].join('_')
    await log.stop()
    const outbox = log.outbox()
    const recorded = outbox.record({
      ...inputOf('run-1', 0, { password: 'correct horse battery', note: `use ${secret} now` }),
      attributes: { note: secret },
    })
    await recorded.spooled
    const found = filesUnder(log.spool).filter(({ text }) => text.includes(secret) || text.includes('correct horse'))
    expect(found).toEqual([])
    expect(filesUnder(log.spool).some(({ text }) => text.includes('"redactions":['))).toBe(true)
    await outbox[Symbol.asyncDispose]()
  })

  it('refuses to record when it is closed, and sends nothing when nothing was recorded', async () => {
    const outbox = log.outbox()
    await outbox[Symbol.asyncDispose]()
    expect(() => outbox.record(inputOf('run-1', 0))).toThrow(expect.objectContaining({ code: 'recorder_closed' }))
    expect(await log.events()).toEqual([])
  })
})

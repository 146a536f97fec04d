import { readdirSync } from 'node:fs'
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import { createTestLog, inputOf, openOutbox, type TestLog } from './_outbox.ts'

let log: TestLog
beforeAll(async () => {
  log = await createTestLog()
})
afterAll(() => log[Symbol.asyncDispose]())

describe('when the server goes away', () => {
  it('events are kept and delivered when it is back; what a closed recorder left, another one delivers once', async () => {
    const spool = log.newSpool()
    const first = openOutbox(log, spool)
    await first.record(inputOf('run-1', 0)).confirmed(30_000)
    await log.stop()
    const recorded = Array.from({ length: 50 }, (_, at) => first.record(inputOf('run-1', at + 1)))
    await Promise.all(recorded.map(({ spooled }) => spooled))
    await expect(recorded[0]?.confirmed(100)).rejects.toMatchObject({ code: 'log_unreachable' })
    expect(first.state()).toMatchObject({ problem: { code: 'log_unreachable' }, waitingEvents: 50 })
    const second = openOutbox(log, spool, { closeWithinMs: 100 })
    for (let at = 0; at < 20; at++) second.record(inputOf('run-2', at))
    await second[Symbol.asyncDispose]()

    await log.start()
    await recorded.at(-1)?.confirmed(30_000)
    await vi.waitFor(() => expect(first.state()).toMatchObject({ waitingEvents: 0 }), 30_000)
    expect(first.state().problem).toBeUndefined()
    await first[Symbol.asyncDispose]()

    const events = await log.events()
    expect(events.filter(({ run_id: run }) => run === 'run-1')).toHaveLength(51)
    expect(events.filter(({ run_id: run }) => run === 'run-2')).toHaveLength(20)
    expect(new Set(events.map(({ event_id: id }) => id)).size).toBe(events.length)
    expect((await log.eventsOf(second)).at(-1)).toMatchObject({ event_type: 'producer_stopped' })
    expect(readdirSync(spool)).toEqual(['checkpoints'])
  })
})

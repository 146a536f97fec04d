import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { OutboxProblem } from '../src/outbox/outbox.ts'
import { listDeadLetters, listSpool, retryDeadLetters } from '../src/spool/index.ts'
import { filesUnder } from '../../store/test/files-under.ts'
import { createTestLog, inputOf, openOutbox, orphan, secret, seqOf, type TestLog } from './_outbox.ts'

let log: TestLog
beforeAll(async () => {
  log = await createTestLog()
})
afterAll(() => log[Symbol.asyncDispose]())

describe('an event that the log refuses for good', () => {
  it('is kept, told by name to who waits, told to the log in its place, and holds nothing up', async () => {
    const spool = log.newSpool()
    const problems: OutboxProblem[] = []
    const outbox = openOutbox(log, spool, { onProblem: (problem) => problems.push(problem) })
    const before = outbox.record(inputOf('run-1', 0))
    const refused = outbox.record({
      ...inputOf('run-1', 1, { password: secret }),
      nonsense: 1,
      attributes: { note: secret },
    })
    const after = outbox.record(inputOf('run-1', 2))
    await Promise.all([before.confirmed(30_000), after.confirmed(30_000)])
    await expect(refused.confirmed(30_000)).rejects.toMatchObject({ code: 'event_refused', pointer: '/nonsense' })
    await refused.spooled
    expect(outbox.state()).toMatchObject({ deadLetters: 1 })
    await outbox[Symbol.asyncDispose]()

    expect(problems).toMatchObject([{ error: { code: 'event_refused' }, runId: 'run-1', eventId: refused.eventId }])
    const events = await log.eventsOf(outbox)
    expect(events.map(seqOf)).toEqual([0, 1, 3, 4, 5])
    expect(events.at(-2)).toMatchObject({
      event_type: 'event_refused',
      reason_code: 'field_unknown',
      run_id: 'run-1',
      run_seq: 1,
      attributes: {
        refused_event_id: refused.eventId,
        refused_type: 'input_resolved',
        refused_instance: outbox.instance,
        refused_seq: 2,
      },
    })
    const letters = listDeadLetters(spool)
    expect(letters).toMatchObject([{ eventId: refused.eventId, code: 'field_unknown', pointer: '/nonsense' }])
    expect(filesUnder(spool).filter(({ bytes }) => bytes.includes(secret))).toEqual([])
    expect(letters[0]?.event).toContain('"nonsense":1')
  })

  it('is recorded again without its run when the run is what is wrong with it', async () => {
    const outbox = openOutbox(log, log.newSpool())
    const refused = outbox.record({ ...inputOf('run-2', 0), run_seq: -1 })
    await expect(refused.confirmed(30_000)).rejects.toMatchObject({ code: 'event_refused' })
    await outbox[Symbol.asyncDispose]()
    const events = await log.eventsOf(outbox)
    const story = events.map(({ event_type: type, run_id: run }) => [type, run])
    expect(story).toEqual([
      ['producer_started', undefined],
      ['event_refused', undefined],
      ['producer_stopped', undefined],
    ])
  })

  it('is delivered by the next process after somebody has put it back', async () => {
    const spool = log.newSpool()
    const outbox = openOutbox(log, spool)
    const refused = [0, 1].map((at) => outbox.record({ ...inputOf('run-3', at), nonsense: at }))
    await Promise.allSettled(refused.map((each) => each.confirmed(30_000)))
    await outbox[Symbol.asyncDispose]()
    expect(retryDeadLetters(spool, new Set(['unknown']))).toBe(0)
    expect(retryDeadLetters(spool, new Set([refused[1]?.eventId ?? '']))).toBe(1)
    expect(listDeadLetters(spool).map(({ eventId }) => eventId)).toEqual([refused[0]?.eventId])
    expect(listSpool(spool)).toMatchObject([{ place: log.url, events: 1, damagedBytes: 0 }])
    expect(retryDeadLetters(spool)).toBe(1)
    expect(listDeadLetters(spool)).toEqual([])
    orphan(spool)
    const next = openOutbox(log, spool, { closeWithinMs: 30_000 })
    await next[Symbol.asyncDispose]()
    // They were sent again, and refused again.
    expect(new Set(listDeadLetters(spool).map(({ eventId }) => eventId))).toEqual(
      new Set(refused.map(({ eventId }) => eventId)),
    )
    expect(listSpool(spool)).toEqual([])
  })
})

import { limits } from '@counterfoil/schema'
import { leafHash } from '@counterfoil/tlog'
import { nodeCrypto } from '@counterfoil/tlog/node'
import { describe, expect, it } from 'vitest'
import type { Acknowledgement, AppendResult, EventStore } from '../event-store.ts'
import type { LeafEvent } from '../projection/leaf.ts'
import type { PreparedEvent } from '../prepared-event.ts'
import { batch, idOf, prepare, runEvents, server } from './events.ts'
import type { OpenStore } from './open-store.ts'

export function leafOf(leaf: Uint8Array): LeafEvent {
  return JSON.parse(Buffer.from(leaf).toString('utf8')) as LeafEvent
}

/** The acknowledgements of a batch of which nothing was refused. */
export function acks(result: AppendResult): Acknowledgement[] {
  return result.results.map((one) => {
    if (one.status === 'refused') throw new Error(`refused: ${one.code} ${one.message}`)
    return one
  })
}

export function describeWriting(open: OpenStore): void {
  describe('append', () => {
    it('acknowledges in order, with the hash of what it keeps', async () => {
      await using opened = await open()
      const { store } = opened
      await store.createLog('main')
      const events = runEvents({ runId: 'r1', actions: [{ id: 'a1', type: 'refund.create' }] })
      const result = await store.append('main', batch(events))
      expect(acks(result).map(({ index, eventId }) => [index, eventId])).toEqual(
        events.map((event, at) => [at, idOf(event)]),
      )
      expect(result.size).toBe(events.length)
      const stored = await store.events('main', 0, 100)
      expect(stored.map(({ leaf }) => Buffer.from(leafHash(nodeCrypto, leaf)).toString('hex'))).toEqual(
        acks(result).map((ack) => ack.leafHash),
      )
      expect(stored.map(({ leaf }) => leafOf(leaf).index)).toEqual(stored.map(({ index }) => index))
    })

    it('acknowledges the same event again with its first acknowledgement, and stores it once', async () => {
      await using opened = await open()
      const { store } = opened
      await store.createLog('main')
      const [event] = [prepare({ event_type: 'run_created', run_id: 'r1', run_seq: 0 }, { payload: { text: 'hello' } })]
      const [first] = acks(await store.append('main', batch([event])))
      const [again, twice] = acks(await store.append('main', batch([event, event])))
      expect(again).toEqual({ ...first, status: 'duplicate' })
      expect(twice).toEqual(again)
      expect((await store.head('main')).size).toBe(1)
    })

    it('refuses other content under a known id, and keeps the neighbours', async () => {
      await using opened = await open()
      const { store } = opened
      await store.createLog('main')
      const event = prepare({ event_type: 'run_created', run_id: 'r1', run_seq: 0 })
      const other = prepare({ event_id: idOf(event), event_type: 'run_created', run_id: 'r2', run_seq: 0 })
      const changed = prepare(
        { event_id: idOf(event), event_type: 'run_created', run_id: 'r1', run_seq: 0 },
        { payload: 1 },
      )
      const good = prepare({ event_type: 'run_created', run_id: 'r3', run_seq: 0 })
      const { results } = await store.append('main', batch([event, other, changed, good]))
      expect(results.map((one) => (one.status === 'refused' ? one.code : one.status))).toEqual([
        'stored',
        'id_conflict',
        'id_conflict',
        'stored',
      ])
      expect((await store.head('main')).size).toBe(2)
      expect(await store.run('main', 'r2')).toBeUndefined()
    })

    it('takes the last event before the limit and refuses the first one beyond it', async () => {
      await using opened = await open()
      const { store } = opened
      await store.createLog('main')
      const { results } = await store.append(
        'main',
        batch([sized(Math.floor(limits.envelopeBytesMax / 32) - 40), sized(Math.floor(limits.envelopeBytesMax / 32))]),
      )
      expect(results.map((one) => (one.status === 'refused' ? one.code : one.status))).toEqual([
        'stored',
        'envelope_too_large',
      ])
      for (const { leaf } of await store.events('main', 0, 10))
        expect(leaf.length).toBeLessThanOrEqual(limits.envelopeBytesMax)
    })

    it('has one limit for the size of an envelope, alone and in an all-or-none batch', async () => {
      await using opened = await open()
      const { store } = opened
      await store.createLog('main')
      const lengthOf = async (extra: number): Promise<number> => {
        await store.append('main', batch([padded(extra)]))
        return (await store.events('main', (await store.head('main')).size - 1, 1))[0]?.leaf.length ?? 0
      }
      // Sizes from here on have the same number of digits in their index.
      const room = limits.envelopeBytesMax - (await lengthOf(0))
      for (const extra of [room - 1, room, room + 1, room + 2]) {
        const [alone] = (await store.append('main', batch([padded(extra)]))).results
        const [together] = (await store.append('main', batch([padded(extra)], { atomic: true }))).results
        expect([extra - room, alone?.status, together?.status]).toEqual([
          extra - room,
          ...(extra <= room ? ['stored', 'stored'] : ['refused', 'refused']),
        ])
      }
    })

    it('stores all or none of an atomic batch', async () => {
      await using opened = await open()
      const { store } = opened
      await store.createLog('main')
      const known = prepare({ event_type: 'run_created', run_id: 'r1', run_seq: 0 })
      await store.append('main', batch([known]))
      const good = prepare({ event_type: 'run_created', run_id: 'r2', run_seq: 0 })
      const bad = prepare({ event_id: idOf(known), event_type: 'run_failed', run_id: 'r1', run_seq: 1 })
      const { results, size } = await store.append('main', batch([good, bad], { atomic: true }))
      expect(results.map((one) => one.status === 'refused' && one.code)).toEqual([
        'atomic_batch_refused',
        'id_conflict',
      ])
      expect(size).toBe(1)
      expect(await store.eventById('main', idOf(good))).toBeUndefined()
      expect(
        acks(await store.append('main', batch([good, known], { atomic: true }))).map(({ status }) => status),
      ).toEqual(['stored', 'duplicate'])
    })

    it('evaluates guards inside the write, refuses that event only, and records the refusal', async () => {
      await using opened = await open()
      const { store } = opened
      await store.createLog('main')
      const [created, done] = runEvents({ runId: 'r1' })
      if (created === undefined || done === undefined) throw new Error('a run has two events')
      const late = prepare({ event_type: 'tool_called', run_id: 'r1', run_seq: 2, tool: { name: 'shell' } })
      const open1 = { kind: 'run_open', runId: 'r1' } as const
      await store.append('main', batch([created]))
      expect(
        (
          await store.append(
            'main',
            batch([prepare({ event_type: 'tool_called', run_id: 'r1', run_seq: 1, tool: { name: 'shell' } })], {
              guards: { 0: [open1] },
            }),
          )
        ).results[0]?.status,
      ).toBe('stored')
      await store.append('main', batch([done]))
      const next = prepare({ event_type: 'run_created', run_id: 'r2', run_seq: 0 })
      const { results } = await store.append(
        'main',
        batch([late, next], { guards: { 0: [open1], 1: [{ kind: 'event_present', eventId: idOf(done) }] } }),
      )
      expect(results.map((one) => (one.status === 'refused' ? one.code : one.status))).toEqual([
        'guard_failed',
        'stored',
      ])
      expect(await store.eventById('main', idOf(late))).toBeUndefined()
      const recorded = (await store.events('main', 0, 100))
        .map(({ leaf }) => leafOf(leaf))
        .filter((event) => event.event_type === 'event_refused')
      expect(recorded.map((event) => [event.key_id, event.run_id, event.attributes?.['refused_event_id']])).toEqual([
        ['server', 'r1', idOf(late)],
      ])
      const absent = await store.append(
        'main',
        batch([late], { guards: { 0: [{ kind: 'event_absent', eventId: idOf(next) }] } }),
      )
      expect(absent.results.map((one) => one.status === 'refused' && one.code)).toEqual(['guard_failed'])
    })

    it('acknowledges an event again whose guard no longer holds: it was met when the event was stored', async () => {
      await using opened = await open()
      const { store } = opened
      await store.createLog('main')
      const [created, done] = runEvents({ runId: 'r1' })
      if (created === undefined || done === undefined) throw new Error('a run has two events')
      const call = prepare({ event_type: 'tool_called', run_id: 'r1', run_seq: 1, tool: { name: 'shell' } })
      const guards = { 0: [{ kind: 'run_open', runId: 'r1' }] } as const
      await store.append('main', batch([created]))
      const [first] = acks(await store.append('main', batch([call], { guards })))
      await store.append('main', batch([done]))
      for (const atomic of [false, true]) {
        const [again] = acks(await store.append('main', batch([call], { guards, atomic })))
        expect(again).toEqual({ ...first, status: 'duplicate' })
      }
      expect((await store.head('main')).size).toBe(3)
    })

    it('records the refusal by a guard in an all-or-none batch too, and nothing else of the batch', async () => {
      await using opened = await open()
      const { store } = opened
      await store.createLog('main')
      await store.append('main', batch(runEvents({ runId: 'r1' })))
      const late = prepare({ event_type: 'tool_called', run_id: 'r1', run_seq: 2, tool: { name: 'shell' } })
      const other = prepare({ event_type: 'run_created', run_id: 'r2', run_seq: 0 })
      const { results, size } = await store.append(
        'main',
        batch([late, other], { atomic: true, guards: { 0: [{ kind: 'run_open', runId: 'r1' }] } }),
      )
      expect(results.map((one) => one.status === 'refused' && one.code)).toEqual([
        'guard_failed',
        'atomic_batch_refused',
      ])
      expect(size).toBe(3)
      const [record] = (await store.events('main', 2, 10)).map(({ leaf }) => leafOf(leaf))
      expect(record).toMatchObject({ event_type: 'event_refused', attributes: { refused_event_id: idOf(late) } })
      expect(await store.run('main', 'r2')).toBeUndefined()
    })

    it('gives concurrent batches one gapless order, and times that never go back', async () => {
      await using opened = await open()
      const { store } = opened
      await store.createLog('main')
      const runs = Array.from({ length: 20 }, (_, at) =>
        runEvents({ runId: `r${at}`, actions: [{ id: `a${at}`, type: 'x' }] }),
      )
      const results = await Promise.all(runs.map((events) => store.append('main', batch(events))))
      const indexes = results.flatMap((result) => acks(result).map(({ index }) => index))
      expect(indexes.toSorted((a, b) => a - b)).toEqual(indexes.map((_, at) => at))
      for (const result of results)
        expect(acks(result).map(({ index }) => index)).toEqual(
          acks(result)
            .map(({ index }) => index)
            .toSorted((a, b) => a - b),
        )
      const times = (await store.events('main', 0, 1_000)).map(({ leaf }) => leafOf(leaf).recorded_at)
      expect(times).toEqual(times.toSorted())
    })

    it('tells its listeners the new size after each commit, and only until they stop', async () => {
      await using opened = await open()
      const { store } = opened
      await store.createLog('main')
      const sizes: number[] = []
      const stop = store.onCommit('main', (size) => sizes.push(size))
      await store.append('main', batch(runEvents({ runId: 'r1' })))
      await untilTrue(() => sizes.includes(2))
      stop()
      await store.append('main', batch(runEvents({ runId: 'r2' })))
      await store.head('main')
      expect(sizes).not.toContain(4)
    })
  })

  describe('erase', () => {
    it('destroys the payloads of one run and keeps everything that is proved', async () => {
      await using opened = await open()
      const { store } = opened
      await store.createLog('main')
      await fillTwoRuns(store)
      const before = await store.events('main', 0, 100)
      const { events, index } = await store.erase('main', { runId: 'r1', actorId: 'u_dpo', reasonCode: 'gdpr_request' })
      expect(events).toBe(2)
      const after = await store.events('main', 0, 100, { payloads: true })
      expect(after.slice(0, before.length).map(({ leaf }) => Buffer.from(leaf).toString())).toEqual(
        before.map(({ leaf }) => Buffer.from(leaf).toString()),
      )
      const states = after.map(({ payload, leaf }) => [leafOf(leaf).run_id, payload?.state])
      expect(states.filter(([, state]) => state !== undefined)).toEqual([
        ['r1', 'erased'],
        ['r1', 'erased'],
        ['r2', 'present'],
        ['r2', 'present'],
      ])
      const record = leafOf((await store.events('main', index, 1))[0]?.leaf ?? new Uint8Array())
      expect([record.event_type, record.run_id, record.actor?.id, record.reason_code]).toEqual([
        'payload_erased',
        'r1',
        'u_dpo',
        'gdpr_request',
      ])
      expect((await store.run('main', 'r1'))?.run.flags).toContain('erased')
    })

    it('destroys the payload of one event alone, and knows the event when it comes again', async () => {
      await using opened = await open()
      const { store } = opened
      await store.createLog('main')
      const [first] = await fillTwoRuns(store)
      if (first === undefined) throw new Error('there is an event')
      expect(
        (await store.erase('main', { eventId: idOf(first), actorId: 'u_dpo', reasonCode: 'mistake' })).events,
      ).toBe(1)
      expect((await store.eventById('main', idOf(first)))?.payload?.state).toBe('erased')
      const states = (await store.runEvents('main', 'r1', { payloads: true })).flatMap(
        ({ payload }) => payload?.state ?? [],
      )
      expect(states).toEqual(['erased', 'present'])
      expect(acks(await store.append('main', batch([first]))).map(({ status }) => status)).toEqual(['duplicate'])
      expect(
        (await store.erase('main', { eventId: idOf(first), actorId: 'u_dpo', reasonCode: 'mistake' })).events,
      ).toBe(0)
    })

    it('refuses what is not there and leaves no trace of the attempt', async () => {
      await using opened = await open()
      const { store } = opened
      await store.createLog('main')
      const [first] = await fillTwoRuns(store)
      const { size } = await store.head('main')
      await expect(store.erase('main', { runId: 'nobody', actorId: 'u', reasonCode: 'x' })).rejects.toMatchObject({
        code: 'not_found',
      })
      await expect(
        store.erase('main', { eventId: idOf(prepare({ event_type: 'x' })), actorId: 'u', reasonCode: 'x' }),
      ).rejects.toMatchObject({ code: 'not_found' })
      expect((await store.head('main')).size).toBe(size)
      expect((await store.eventById('main', idOf(first ?? prepare({}))))?.payload?.state).toBe('present')
    })
  })
}

/** An event whose envelope has a little more than 32 times this many bytes. */
const sized = (length: number): PreparedEvent =>
  prepare({
    event_type: 'run_created',
    run_id: 'r1',
    run_seq: 0,
    attributes: Object.fromEntries(Array.from({ length: 32 }, (_, at) => [`k${at}`, 'x'.repeat(length)])),
  })

/** An event whose envelope grows by a byte with each step of `extra`. */
const padded = (extra: number): PreparedEvent =>
  prepare({
    event_type: 'run_created',
    run_id: 'r1',
    run_seq: 0,
    attributes: { a: 'x'.repeat(6_000), b: 'x'.repeat(extra) },
  })

/** Two runs of two payloads each; returns their events. */
async function fillTwoRuns(store: EventStore): Promise<ReturnType<typeof prepare>[]> {
  const events = ['r1', 'r2'].flatMap((runId) => [
    prepare({ event_type: 'run_created', run_id: runId, run_seq: 0 }, { payload: { mail: `of ${runId}` } }),
    prepare(
      { event_type: 'input_resolved', run_id: runId, run_seq: 1 },
      { payload: ['more', runId], summary: 'short' },
    ),
    prepare({ event_type: 'run_completed', run_id: runId, run_seq: 2 }),
  ])
  acks(await store.append('main', batch(events)))
  acks(await store.append('main', batch([prepare({ event_type: 'export_created' })], { context: server })))
  return events
}

async function untilTrue(condition: () => boolean): Promise<void> {
  for (let tries = 0; tries < 500 && !condition(); tries += 1) await new Promise((resolve) => setTimeout(resolve, 2))
  expect(condition()).toBe(true)
}

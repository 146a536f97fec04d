import { assert, asyncProperty, integer } from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { EventStore } from '../event-store.ts'
import { batch, prepare, runEvents } from './events.ts'
import type { OpenStore } from './open-store.ts'
import { acks } from './writing.ts'

const stop = (store: EventStore, runId: string, reasonCode = 'run_stopped'): ReturnType<EventStore['stop']> =>
  store.stop('main', { runId, actorId: 'usr-1', reasonCode })

const input = (runId: string, seq: number) =>
  prepare({ event_type: 'input_resolved', run_id: runId, run_seq: seq, sources: [] })

const child = (runId: string, parent: string) =>
  prepare({ event_type: 'run_created', run_id: runId, run_seq: 0, parent_run_id: parent })

export function describeStopping(open: OpenStore): void {
  describe('a stop by a person', () => {
    it('is carried by every acknowledgement of the run from then on, and by those of no other run', async () => {
      await using opened = await open()
      const { store } = opened
      await store.createLog('main')
      const before = runEvents({ runId: 'r1', end: 'none' })
      expect(acks(await store.append('main', batch(before))).map((ack) => ack.stop)).toEqual([undefined])
      const { order, isNew } = await stop(store, 'r1', 'wrong_customer')
      expect(isNew).toBe(true)
      expect(order).toMatchObject({ index: 1, actorId: 'usr-1', reasonCode: 'wrong_customer' })
      expect((await store.eventById('main', order.eventId))?.index).toBe(1)
      const later = acks(await store.append('main', batch([...before, input('r1', 1), ...runEvents({ runId: 'r2' })])))
      expect(later.map((ack) => ack.stop)).toEqual([order, order, undefined, undefined])
      expect((await store.run('main', 'r1'))?.run).toMatchObject({ status: 'running', flags: ['stopped'] })
    })

    it('is one: stopping again answers the first, however many stop at once', async () => {
      await using opened = await open()
      const { store } = opened
      await store.createLog('main')
      await store.append('main', batch(runEvents({ runId: 'r1', end: 'none' })))
      const stops = await Promise.all(['a', 'b', 'c', 'd'].map((reason) => stop(store, 'r1', reason)))
      expect(stops.filter(({ isNew }) => isNew)).toHaveLength(1)
      expect(new Set(stops.map(({ order }) => order.eventId)).size).toBe(1)
      expect((await store.head('main')).size).toBe(2)
      // Also when the run has ended since: whoever lost the answer gets it.
      await store.append('main', batch([prepare({ event_type: 'run_cancelled', run_id: 'r1', run_seq: 1 })]))
      expect(await stop(store, 'r1')).toEqual({ order: stops[0]?.order, isNew: false })
    })

    it('of an unknown or an ended run is refused and leaves no trace', async () => {
      await using opened = await open()
      const { store } = opened
      await store.createLog('main')
      const ended = runEvents({ runId: 'r1' })
      await store.append('main', batch(ended))
      await expect(stop(store, 'r9')).rejects.toMatchObject({ code: 'not_found' })
      await expect(stop(store, 'r1')).rejects.toMatchObject({ code: 'run_ended' })
      expect((await store.head('main')).size).toBe(ended.length)
      expect(await store.run('main', 'r9')).toBeUndefined()
      // What follows a refusal is stored as ever.
      acks(await store.append('main', batch(runEvents({ runId: 'r9' }))))
      expect((await store.compareProjections('main')).differences).toEqual([])
    })

    it('is not prevented by what another key says of the end of the run, and another key stops nothing', async () => {
      await using opened = await open()
      const { store } = opened
      await store.createLog('main')
      await store.append('main', batch(runEvents({ runId: 'r1', end: 'none' })))
      const foreign = { keyId: 'k_other', assurance: 'authenticated', role: 'run' } as const
      const claims = [
        prepare({ event_type: 'run_completed', run_id: 'r1', run_seq: 1 }),
        prepare({
          event_type: 'decision_overridden',
          run_id: 'r1',
          run_seq: 2,
          actor: { type: 'human', id: 'u' },
          result: 'cancelled',
        }),
      ]
      await store.append('main', { ...batch(claims), context: foreign })
      const own = prepare({ event_type: 'decision_overridden', run_id: 'r1', run_seq: 3, result: 'cancelled' })
      expect(acks(await store.append('main', batch([own])))[0]?.stop).toBeUndefined()
      expect((await stop(store, 'r1')).isNew).toBe(true)
    })

    it('holds for the runs that the run has started, at any depth, and for none that started it', async () => {
      await using opened = await open()
      const { store } = opened
      await store.createLog('main')
      await store.append('main', batch([...runEvents({ runId: 'top', end: 'none' }), child('middle', 'top')]))
      const { order } = await stop(store, 'middle')
      // Created and acting in one batch.
      const late = acks(await store.append('main', batch([child('low', 'middle'), input('low', 1), input('top', 1)])))
      expect(late.map((ack) => ack.stop?.eventId)).toEqual([order.eventId, order.eventId, undefined])
      // A circle of parents ends.
      const circle = acks(await store.append('main', batch([child('a', 'b'), child('b', 'a'), child('self', 'self')])))
      expect(circle.map((ack) => ack.stop)).toEqual([undefined, undefined, undefined])
    })

    it('is in effect once it is acknowledged, whatever is being stored at the same time', async () => {
      await using opened = await open()
      const { store } = opened
      await store.createLog('main')
      let run = 0
      await assert(
        asyncProperty(integer({ min: 0, max: 6 }), integer({ min: 1, max: 6 }), async (before, after) => {
          run += 1
          const runId = `run-${run}`
          await store.append('main', batch(runEvents({ runId, end: 'none' })))
          const sent = (count: number, from: number) =>
            Array.from({ length: count }, (_, at) => store.append('main', batch([input(runId, from + at)])))
          const racing = sent(before, 1)
          const stopping = stop(store, runId)
          racing.push(...sent(after, 1 + before))
          const { order } = await stopping
          const [behind] = await Promise.all(sent(1, 100))
          const results = await Promise.all(racing)
          expect(acks(behind ?? { results: [], checkpoint: '', size: 0 })[0]?.stop).toEqual(order)
          // No acknowledgement from behind the stop is without it, and none from before it has it.
          for (const ack of results.flatMap(acks)) expect(ack.stop !== undefined).toBe(ack.index > order.index)
        }),
        { numRuns: 15 },
      )
    })
  })
}

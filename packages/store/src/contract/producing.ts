import { array, assert, asyncProperty, integer, shuffledSubarray } from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { EventStore } from '../event-store.ts'
import type { PreparedEvent } from '../prepared-event.ts'
import type { ProducerRow } from '../projection/producer-row.ts'
import { batch, idOf, ofRun, prepare, sent } from './events.ts'
import type { OpenStore } from './open-store.ts'
import { acks, leafOf } from './writing.ts'

const gapAfterMs = 60_000
/** As if so much time had passed since everything was recorded. */
const later = (ms: number) => ({ nowMs: Date.now() + ms, upSinceMs: 0, gapAfterMs })
const soon = later(0)
const muchLater = later(10 * gapAfterMs)

const promising = (instance: string, seq: number, seconds = 60): PreparedEvent =>
  sent(instance, seq, { attributes: { next_within_s: seconds } })
const goodbye = (instance: string, seq: number): PreparedEvent =>
  sent(instance, seq, { event_type: 'producer_stopped' })

const other = { keyId: 'k_other', assurance: 'authenticated', role: 'run' } as const

async function producers(store: EventStore): Promise<readonly ProducerRow[]> {
  return (await store.producers('main', { limit: 100 })).rows
}

async function missing(store: EventStore, instance = 'p1'): Promise<string> {
  const row = (await producers(store)).find((one) => one.instance === instance)
  return (row?.missing ?? []).map(({ first, last }) => `${first}-${last}`).join(' ')
}

/** The server's own statements so far, in words. */
async function statements(store: EventStore): Promise<string[]> {
  const leaves = (await store.events('main', 0, 1_000)).map(({ leaf }) => leafOf(leaf))
  return leaves
    .filter(({ key_id: keyId }) => keyId === 'server')
    .map(({ event_type: type, reason_code: reason, run_id: runId, attributes = {} }) =>
      [
        type,
        reason,
        attributes['producer_key'],
        attributes['instance'],
        runId,
        attributes['first_missing'],
        attributes['last_missing'],
      ]
        .filter((part) => part !== undefined)
        .join(' '),
    )
}

async function expectWhole(store: EventStore): Promise<void> {
  expect((await store.compareProjections('main')).differences).toEqual([])
  const before = await producers(store)
  await store.rebuild('main')
  expect(await producers(store)).toEqual(before)
}

export function describeProducing(open: OpenStore): void {
  describe('producers', () => {
    it('show their numbers, their promise, and what is missing, whatever order and batches these come in', async () => {
      await using opened = await open()
      const { store } = opened
      let logs = 0
      const numbers = [0, 1, 2, 4, 5, 9, 10]
      const events = () => numbers.map((seq) => promising('p1', seq, 60 + seq))
      await assert(
        asyncProperty(
          shuffledSubarray(numbers, { minLength: numbers.length }),
          array(integer({ min: 1, max: 4 }), { minLength: 8, maxLength: 8 }),
          async (order, sizes) => {
            logs += 1
            const log = `log-${logs}`
            await store.createLog(log)
            const all = events()
            const waiting = order.map((seq) => all[numbers.indexOf(seq)]).filter((one) => one !== undefined)
            for (const size of sizes) acks(await store.append(log, batch(waiting.splice(0, size))))
            acks(await store.append(log, batch(waiting)))
            const { rows } = await store.producers(log, { limit: 10 })
            expect(rows).toMatchObject([
              { keyId: 'k_test', instance: 'p1', status: 'active', highestSeq: 10, promisedWithinMs: 70_000 },
            ])
            expect(rows[0]?.missing.map(({ first, last }) => [first, last])).toEqual([
              [3, 3],
              [6, 8],
            ])
            expect((await store.compareProjections(log)).differences).toEqual([])
          },
        ),
        { numRuns: 20 },
      )
    })

    it('say goodbye; what comes with a higher number takes it back', async () => {
      await using opened = await open()
      const { store } = opened
      await store.createLog('main')
      await store.append('main', batch([goodbye('p1', 2), promising('p1', 0), sent('p1', 1)]))
      expect(await producers(store)).toMatchObject([{ status: 'stopped', missing: [] }])
      expect(await store.declareGaps('main', muchLater)).toEqual({ detected: 0, healed: 0, stalled: 0 })
      await store.append('main', batch([sent('p1', 3)]))
      expect(await producers(store)).toMatchObject([{ status: 'active', missing: [] }])
      await expectWhole(store)
    })

    it('are listed in pages, newest first, and by status', async () => {
      await using opened = await open()
      const { store } = opened
      await store.createLog('main')
      for (let at = 0; at < 7; at += 1) {
        await store.append('main', batch([at % 2 === 0 ? sent(`p${at}`, 0) : goodbye(`p${at}`, 0)]))
      }
      const found: string[] = []
      let cursor: string | undefined
      do {
        const page = await store.producers('main', { limit: 3, ...(cursor !== undefined && { cursor }) })
        found.push(...page.rows.map(({ instance }) => instance))
        cursor = page.next
      } while (cursor !== undefined)
      expect(found).toEqual(['p6', 'p5', 'p4', 'p3', 'p2', 'p1', 'p0'])
      const stopped = await store.producers('main', { limit: 2, status: 'stopped' })
      expect(stopped.rows.map(({ instance }) => instance)).toEqual(['p5', 'p3'])
      const rest = await store.producers('main', { limit: 2, status: 'stopped', cursor: stopped.next ?? '' })
      expect([rest.rows.map(({ instance }) => instance), rest.next]).toEqual([['p1'], undefined])
      expect((await store.producers('main', { limit: 9, status: 'silent' })).rows).toEqual([])
      await expect(store.producers('main', { limit: 2, cursor: stopped.next ?? '' })).rejects.toMatchObject({
        code: 'cursor_invalid',
      })
    })

    it('of one name under two keys are two, and none speaks for the other', async () => {
      await using opened = await open()
      const { store } = opened
      await store.createLog('main')
      await store.append('main', batch([promising('p1', 0), sent('p1', 2)]))
      const refusal = prepare({
        event_type: 'event_refused',
        producer: { instance: 'p1', seq: 1 },
        attributes: { refused_instance: 'p1', refused_seq: 1, refused_key: 'k_test' },
      })
      await store.append('main', { ...batch([sent('p1', 1), sent('p1', 0), refusal]), context: other })
      expect((await producers(store)).map(({ keyId, missing: gaps }) => [keyId, gaps.length])).toEqual([
        ['k_other', 0],
        ['k_test', 1],
      ])
      expect(await store.declareGaps('main', later(gapAfterMs))).toEqual({ detected: 1, healed: 0, stalled: 0 })
      // Neither heals it, nor does a claim of the key that it is healed.
      const claims = ['gap_detected', 'gap_healed'].map((type) =>
        prepare({
          event_type: type,
          reason_code: 'events_missing',
          attributes: { producer_key: 'k_test', instance: 'p1', first_missing: 1, last_missing: 1 },
        }),
      )
      await store.append('main', { ...batch(claims), context: other })
      expect(await store.declareGaps('main', later(gapAfterMs))).toEqual({ detected: 0, healed: 0, stalled: 0 })
      expect(await statements(store)).toEqual(['gap_detected events_missing k_test p1 1 1'])
      await expectWhole(store)
    })

    it('survive names and numbers that nobody honest would choose', async () => {
      await using opened = await open()
      const { store } = opened
      await store.createLog('main')
      const big = Number.MAX_SAFE_INTEGER
      const names = [
        '__proto__',
        'constructor',
        "'; DROP TABLE producer; --".replaceAll(' ', '_'),
        '%',
        'x'.repeat(128),
      ]
      for (const name of names) {
        await store.append('main', batch([promising(name, big, big), sent(name, 5), promising(name, 6, 0)]))
      }
      const odd = [-1, 1.5, 'x', null, big + 2].map((seq) =>
        prepare({ event_type: 'event_refused', attributes: { refused_instance: 'a b', refused_seq: seq } }),
      )
      acks(await store.append('main', batch(odd)))
      const rows = await producers(store)
      expect(rows.map(({ instance }) => instance).toReversed()).toEqual(names)
      expect(rows[0]?.missing.map(({ first, last }) => [first, last])).toEqual([
        [0, 4],
        [7, big - 1],
      ])
      expect((await store.declareGaps('main', muchLater)).detected).toBe(2 * names.length)
      await expectWhole(store)
    })

    it('keep a bounded account of endless gaps, and flag them all the same', async () => {
      await using opened = await open()
      const { store } = opened
      await store.createLog('main')
      for (let from = 0; from < 4_000; from += 1_000) {
        const events = Array.from({ length: 500 }, (_, at) => sent('p1', from + 2 * at + 1))
        acks(await store.append('main', batch(events)))
      }
      const [row] = await producers(store)
      expect(row?.missing.length).toBe(513)
      expect(row?.missing.at(-1)).toMatchObject({ first: 1_024, last: 3_998, isScattered: true })
      expect((await store.declareGaps('main', muchLater)).detected).toBe(513)
      expect((await store.declareGaps('main', muchLater)).detected).toBe(0)
      await expectWhole(store)
    })
  })

  describe('a gap', () => {
    it('is on record after its time, once, and healed when all of it has come', async () => {
      await using opened = await open()
      const { store } = opened
      await store.createLog('main')
      await store.append('main', batch([sent('p1', 0), sent('p1', 4)]))
      expect(await store.declareGaps('main', later(gapAfterMs - 1_000))).toEqual({ detected: 0, healed: 0, stalled: 0 })
      expect(await store.declareGaps('main', later(gapAfterMs))).toEqual({ detected: 1, healed: 0, stalled: 0 })
      expect((await store.declareGaps('main', muchLater)).detected).toBe(0)
      await store.append('main', batch([sent('p1', 2)]))
      expect(await missing(store)).toBe('1-1 3-3')
      expect(await store.declareGaps('main', muchLater)).toEqual({ detected: 0, healed: 0, stalled: 0 })
      await store.append('main', batch([sent('p1', 3), sent('p1', 1)]))
      expect(await store.declareGaps('main', soon)).toEqual({ detected: 0, healed: 1, stalled: 0 })
      expect(await store.declareGaps('main', muchLater)).toEqual({ detected: 0, healed: 0, stalled: 0 })
      expect(await statements(store)).toEqual([
        'gap_detected events_missing k_test p1 1 3',
        'gap_healed events_missing k_test p1 1 3',
      ])
      await expectWhole(store)
    })

    it('is none where the producer or a guard has refused the event', async () => {
      await using opened = await open()
      const { store } = opened
      await store.createLog('main')
      const refused = ofRun('p1', 1, 'r1', 0)
      await store.append('main', batch([sent('p1', 0)]))
      const guards = { 0: [{ kind: 'event_present', eventId: idOf(sent('x', 0)) } as const] }
      const { results } = await store.append('main', batch([refused], { guards }))
      expect(results[0]?.status).toBe('refused')
      // The process that adopted the spool of another speaks for it, under the same key.
      const told = prepare({
        event_type: 'event_refused',
        producer: { instance: 'p2', seq: 0 },
        attributes: { refused_instance: 'p1', refused_seq: 2, refused_type: 'tool_called' },
      })
      await store.append('main', batch([told, goodbye('p1', 3)]))
      expect(await missing(store)).toBe('')
      expect(await missing(store, 'p2')).toBe('')
      expect((await store.declareGaps('main', muchLater)).detected).toBe(0)
      await expectWhole(store)
    })

    it('is nobody’s while the log could not be reached', async () => {
      await using opened = await open()
      const { store } = opened
      await store.createLog('main')
      await store.append('main', batch([promising('p1', 0, 60), sent('p1', 2), ofRun('p1', 3, 'r1', 0, 'run_created')]))
      const nowMs = Date.now() + 3_600_000
      const clock = (upForMs: number) => ({ nowMs, upSinceMs: nowMs - upForMs, gapAfterMs })
      expect(await store.declareGaps('main', clock(59_000))).toEqual({ detected: 0, healed: 0, stalled: 0 })
      expect(await store.declareGaps('main', clock(60_000))).toEqual({ detected: 1, healed: 0, stalled: 0 })
      expect(await store.declareGaps('main', clock(179_000))).toEqual({ detected: 0, healed: 0, stalled: 0 })
      expect(await store.declareGaps('main', clock(180_000))).toEqual({ detected: 1, healed: 0, stalled: 1 })
    })
  })

  describe('silence', () => {
    it('is on record after three broken promises, and over with the next word', async () => {
      await using opened = await open()
      const { store } = opened
      await store.createLog('main')
      await store.append('main', batch([promising('p1', 0, 900), promising('p1', 1, 60)]))
      await store.append('main', batch([sent('p2', 0), promising('p3', 0, 60), goodbye('p3', 1)]))
      expect((await store.declareGaps('main', later(179_000))).detected).toBe(0)
      expect(await store.declareGaps('main', later(180_000))).toEqual({ detected: 1, healed: 0, stalled: 0 })
      expect((await producers(store)).map(({ instance, status }) => [instance, status])).toEqual([
        ['p3', 'stopped'],
        ['p2', 'active'],
        ['p1', 'silent'],
      ])
      expect((await store.producers('main', { limit: 9, status: 'silent' })).rows).toHaveLength(1)
      expect((await store.declareGaps('main', muchLater)).detected).toBe(0)
      await store.append('main', batch([sent('p1', 2)]))
      expect((await producers(store)).at(-1)?.status).toBe('active')
      expect(await store.declareGaps('main', soon)).toEqual({ detected: 0, healed: 1, stalled: 0 })
      expect(await store.declareGaps('main', later(180_000))).toEqual({ detected: 1, healed: 0, stalled: 0 })
      expect(await statements(store)).toEqual([
        'gap_detected producer_silent k_test p1',
        'gap_healed producer_silent k_test p1',
        'gap_detected producer_silent k_test p1',
      ])
      await expectWhole(store)
    })

    it('stalls the open runs of a producer that is silent or has said goodbye, until they are heard again', async () => {
      await using opened = await open()
      const { store } = opened
      await store.createLog('main')
      await store.append(
        'main',
        batch([
          promising('p1', 0, 60),
          ofRun('p1', 1, 'open', 0, 'run_created'),
          ofRun('p1', 2, 'ended', 0, 'run_created'),
          ofRun('p1', 3, 'ended', 1, 'run_completed'),
          ofRun('p1', 4, 'handed-over', 0, 'run_created'),
          ofRun('p2', 0, 'handed-over', 1),
          ofRun('p3', 0, 'left', 0, 'run_created'),
          goodbye('p3', 1),
          prepare({ event_type: 'run_created', run_id: 'unrecorded', run_seq: 0 }),
        ]),
      )
      // What another key says of a run makes it nobody's.
      await store.append('main', { ...batch([ofRun('p9', 0, 'unrecorded', 1), goodbye('p9', 1)]), context: other })
      expect(await store.declareGaps('main', later(gapAfterMs - 1_000))).toEqual({ detected: 0, healed: 0, stalled: 0 })
      expect(await store.declareGaps('main', later(180_000))).toEqual({ detected: 1, healed: 0, stalled: 2 })
      const status = async (runId: string) => (await store.run('main', runId))?.run.status
      expect([await status('open'), await status('left'), await status('ended')]).toEqual([
        'stalled',
        'stalled',
        'completed',
      ])
      expect([await status('handed-over'), await status('unrecorded')]).toEqual(['running', 'running'])
      expect((await store.run('main', 'open'))?.run).toMatchObject({ outcome: 'unconfirmed', flags: [] })
      expect(await store.declareGaps('main', muchLater)).toEqual({ detected: 0, healed: 0, stalled: 0 })
      // What another key says is not the run's own word.
      await store.append('main', { ...batch([ofRun('p9', 2, 'open', 5)]), context: other })
      expect(await status('open')).toBe('stalled')
      await store.append('main', batch([ofRun('p1', 5, 'open', 1)]))
      expect(await status('open')).toBe('running')
      // The producer stays silent from now on, and so does the run.
      expect(await store.declareGaps('main', later(180_000))).toEqual({ detected: 1, healed: 1, stalled: 1 })
      await store.append('main', batch([ofRun('p1', 6, 'open', 2, 'run_completed')]))
      expect(await status('open')).toBe('completed')
      await expectWhole(store)
    })
  })
}

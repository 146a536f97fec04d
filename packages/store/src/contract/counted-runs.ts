import { assert, asyncProperty, shuffledSubarray, constantFrom } from 'fast-check'
import { describe, expect, it } from 'vitest'
import { batch, ofRun, prepare } from './events.ts'
import type { OpenStore } from './open-store.ts'
import { acks } from './writing.ts'

const typeAt = (seq: number) => (seq === 0 ? 'run_created' : seq === 4 ? 'run_completed' : 'input_resolved')

/** What follows from the numbers of a run that a recorder counts. */
export function describeCountedRuns(open: OpenStore): void {
  describe('a run that a recorder counts', () => {
    it('is flagged while events of it are missing, and while none are it is not', async () => {
      await using opened = await open()
      const { store } = opened
      let runs = 0
      await store.createLog('main')
      const seqs = [0, 1, 2, 3, 4]
      await assert(
        asyncProperty(shuffledSubarray(seqs, { minLength: 5 }), constantFrom(...seqs), async (order, dropped) => {
          runs += 1
          const runId = `run-${runs}`
          const event = (seq: number) => ofRun(runId, seq, runId, seq, typeAt(seq))
          const flags = async () => (await store.run('main', runId))?.run.flags.includes('gap')
          const kept = order.filter((seq) => seq !== dropped)
          acks(await store.append('main', batch(kept.map(event))))
          // The last number tells nothing of itself: that it is missing shows in the run, which has no end.
          expect(await flags()).toBe(dropped !== 4)
          expect((await store.run('main', runId))?.run.status).toBe(dropped === 4 ? 'running' : 'completed')
          acks(await store.append('main', batch([event(dropped)])))
          expect(await flags()).toBe(false)
        }),
        { numRuns: 20 },
      )
    })

    it('lacks nothing where an event of it was refused, and answers nothing with certainty where one is lost', async () => {
      await using opened = await open()
      const { store } = opened
      await store.createLog('main')
      const refused = prepare({
        event_type: 'event_refused',
        run_id: 'r1',
        producer: { instance: 'p1', seq: 2 },
        attributes: { refused_instance: 'p1', refused_seq: 1, refused_type: 'input_resolved' },
      })
      const begun = ofRun('p1', 0, 'r1', 0, 'run_created')
      await store.append('main', batch([begun, refused, ofRun('p1', 3, 'r1', 2, 'run_completed')]))
      expect((await store.run('main', 'r1'))?.run).toMatchObject({ flags: [], answers: { proposal: 'none' } })
      const lost = [ofRun('p1', 4, 'r2', 0, 'run_created'), ofRun('p1', 6, 'r2', 2, 'run_completed')]
      await store.append('main', batch(lost))
      expect((await store.run('main', 'r2'))?.run).toMatchObject({ flags: ['gap'], answers: { proposal: 'missing' } })
      // As the recorder says it: the refusal has the place in the run that the refused event had.
      const placed = prepare({
        event_type: 'event_refused',
        run_id: 'r4',
        run_seq: 2,
        producer: { instance: 'p1', seq: 10 },
        attributes: { refused_instance: 'p1', refused_seq: 9, refused_type: 'input_resolved' },
      })
      const around = [0, 1, 4].map((seq) =>
        ofRun('p1', 7 + seq, 'r4', seq, seq === 0 ? 'run_created' : 'input_resolved'),
      )
      await store.append('main', batch([...around, placed]))
      expect((await store.run('main', 'r4'))?.run.flags).toEqual(['gap'])
      await store.append('main', batch([ofRun('p1', 12, 'r4', 3, 'input_resolved')]))
      expect((await store.run('main', 'r4'))?.run.flags).toEqual([])
      // Of other producers, run_seq is order and no count.
      const sparse = [0, 10].map((seq) =>
        prepare({ event_type: seq === 0 ? 'run_created' : 'run_completed', run_id: 'r3', run_seq: seq }),
      )
      await store.append('main', batch(sparse))
      expect((await store.run('main', 'r3'))?.run.flags).toEqual([])
    })
  })
}

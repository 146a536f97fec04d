import type { LeafEvent } from '@counterfoil/store'

/** Where an event stands within its run. */
export type RunPlace = Pick<LeafEvent, 'run_seq' | 'event_id' | 'index'>

/** The place alone, so that nothing else of the event is kept. */
export function placeOf({ run_seq: seq, event_id: id, index }: LeafEvent): RunPlace {
  return { ...(seq !== undefined && { run_seq: seq }), event_id: id, index }
}

/**
 * The order that the producer gave, ties broken by event id as in the projections. What has no place in the run, because
 * the server wrote it, follows as it was recorded.
 */
export function comparePlaces(a: RunPlace, b: RunPlace): number {
  if (a.run_seq === undefined || b.run_seq === undefined) {
    return Number(a.run_seq === undefined) - Number(b.run_seq === undefined) || a.index - b.index
  }
  return a.run_seq - b.run_seq || (a.event_id < b.event_id ? -1 : a.event_id > b.event_id ? 1 : 0)
}

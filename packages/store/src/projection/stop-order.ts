import type { LeafEvent } from './leaf.ts'
import type { RunState } from './run-state.ts'

/** A person has stopped a run: acknowledgements of its later events carry it, so that its agent does nothing more. */
export interface StopOrder {
  /** The event in the log that says so. */
  readonly eventId: string
  readonly index: number
  readonly actorId: string
  readonly reasonCode: string
  /** When it was recorded, and in effect. */
  readonly at: string
}

/** The members of the event by which the server records that a person has stopped a run. */
export function stopFields(runId: string, actorId: string, reasonCode: string): Readonly<Record<string, unknown>> {
  return { run_id: runId, actor: { type: 'human', id: actorId }, reason_code: reasonCode, result: 'cancelled' }
}

/** Whether an event says that a person stopped its run. What a producer says of overrides stops nothing. */
export function isStop(event: LeafEvent): boolean {
  return (
    event.event_type === 'decision_overridden' &&
    event.key_id === 'server' &&
    event.action === undefined &&
    event.result === 'cancelled'
  )
}

/** What a stop says; undefined for every other event. */
export function stopOrderOf(event: LeafEvent): StopOrder | undefined {
  if (!isStop(event)) return undefined
  return {
    eventId: event.event_id,
    index: event.index,
    actorId: event.actor?.id ?? '',
    reasonCode: event.reason_code ?? '',
    at: event.recorded_at,
  }
}

/** How many ancestors are asked: nobody nests agents deeper, and parents may name each other in a circle. */
const ancestorsMax = 16

/** The stop that holds for a run: its own, or that of a run which started it. */
export function standingStop(runId: string, runState: (id: string) => RunState | undefined): StopOrder | undefined {
  let id: string | undefined = runId
  for (let generation = 0; id !== undefined && generation <= ancestorsMax; generation += 1) {
    const state: RunState | undefined = runState(id)
    if (state?.stop !== undefined) return state.stop
    id = state?.parts[state.owner]?.created?.value.parentRunId
  }
  return undefined
}

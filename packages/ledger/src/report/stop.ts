import type { StopOrder } from '@counterfoil/store'
import { Type, type Static } from 'typebox'
import { Index, Timestamp } from './shapes.ts'

export const StopOrderSchema = Type.Object(
  {
    event_id: Type.String({ description: 'the event in the log that says so' }),
    actor_id: Type.String({ description: 'who stopped it' }),
    reason_code: Type.String(),
    at: Timestamp,
  },
  { description: 'a person has stopped the run, or one that started it: do nothing more' },
)

export const StopReportSchema = Type.Object({
  run_id: Type.String(),
  index: Index,
  already_stopped: Type.Boolean({ description: 'it was stopped before, by this' }),
  stop: StopOrderSchema,
})
/** That a run is stopped: from now on every acknowledgement of its events says so. */
export type StopReport = Static<typeof StopReportSchema>

/** A stop in its wire form. */
export function stopOrder({ eventId, actorId, reasonCode, at }: StopOrder): Static<typeof StopOrderSchema> {
  return { event_id: eventId, actor_id: actorId, reason_code: reasonCode, at }
}

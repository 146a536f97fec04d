import { StoreError } from '../../errors.ts'
import type { StopRequest } from '../../event-store.ts'
import { hasEnded } from '../../projection/run-state.ts'
import { stopFields, type StopOrder } from '../../projection/stop-order.ts'
import { endedRun, unknownRun } from '../../run-errors.ts'
import { serverContext, serverEvent } from '../../server-event.ts'
import type { MemoryLog } from './memory-log.ts'

/** Records that a person has stopped a run; answers the first stop when there is one. */
export function stopInMemory(
  log: MemoryLog,
  { runId, actorId, reasonCode }: StopRequest,
): { order: StopOrder; isNew: boolean } {
  const before = log.rows.runState(runId)
  if (before === undefined) throw unknownRun(runId)
  if (before.stop !== undefined) return { order: before.stop, isNew: false }
  if (hasEnded(before)) throw endedRun(runId)
  const event = serverEvent('decision_overridden', log.nowMs, stopFields(runId, actorId, reasonCode))
  const [result] = log.append({ events: [event], context: serverContext }).results
  if (result === undefined || result.status === 'refused' || result.stop === undefined)
    throw new StoreError('io_error', 'The stop could not be recorded; the run was not stopped.')
  return { order: result.stop, isNew: true }
}

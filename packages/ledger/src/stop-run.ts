import { EventError } from '@counterfoil/schema'
import type { Redaction, Redactor } from '@counterfoil/schema/redact'
import { StoreError, type EventStore } from '@counterfoil/store'
import { LedgerError } from './errors.ts'
import { stopOrder, type StopReport } from './report/stop.ts'

const idPattern = /^[\x21-\x7e]{1,128}$/
const codePattern = /^[a-z][a-z0-9_.]{0,63}$/

/** Records that a person stops a run. Who and why go into a leaf for ever, so they are checked and redacted like one. */
export async function stopRun(
  store: EventStore,
  log: string,
  redactor: Redactor,
  runId: string,
  by: { readonly actorId: string; readonly reasonCode?: string },
): Promise<StopReport> {
  const { actorId, reasonCode = 'run_stopped' } = by
  if (!idPattern.test(actorId)) {
    throw new EventError('field_invalid', '/actor_id', 'actor_id is an opaque id: 1 to 128 printable ASCII characters.')
  }
  if (!codePattern.test(reasonCode)) {
    throw new EventError('field_invalid', '/reason_code', 'reason_code is a word like customer_request.')
  }
  const removed: Redaction[] = []
  const { actor, reason_code } = redactor.redactEnvelope({ actor: { id: actorId }, reason_code: reasonCode }, removed)
  try {
    const { order, isNew } = await store.stop(log, { runId, actorId: actor.id, reasonCode: reason_code })
    return { run_id: runId, index: order.index, already_stopped: !isNew, stop: stopOrder(order) }
  } catch (error) {
    if (!(error instanceof StoreError) || error.code !== 'not_found') throw error
    throw new LedgerError('run_unknown', error.message, { cause: error })
  }
}

import { RecorderError } from '../errors.ts'
import type { Approved } from '../approval/seek-approval.ts'
import { durationWords } from '../duration.ts'
import type { Recorded } from '../outbox/outbox.ts'
import type { Delivery } from '../recorder-core.ts'
import { markStage } from '../run/failed-at.ts'
import { toId } from '../wire/envelope-words.ts'
import { errorBody, reasonOfError } from '../wire/error-body.ts'
import { equalJson, frozenJson } from '../wire/plain-json.ts'
import { shownJson } from '../wire/shown-json.ts'
import type { ActionContext, FailureVerdict, Receipt } from './declaration.ts'
import { judgeFailure } from './failure-verdict.ts'
import type { OpenAction } from './open-action.ts'
import { askedWords, type Refusal } from './refusal.ts'
import { withdrawalOf } from './withdrawal.ts'

/** What makes the effect, and what is said about its ends; types erased. */
export interface Execution {
  readonly run: (parameters: unknown, context: ActionContext) => unknown
  readonly receipt:
    | ((result: unknown, parameters: unknown) => Receipt | undefined | Promise<Receipt | undefined>)
    | undefined
  readonly failure: ((error: unknown) => FailureVerdict | undefined) | undefined
  readonly delivery: Delivery
  readonly keepResult: boolean
  readonly approved: Approved | undefined
  /** The run had ended, or was ending, when somebody asked for the action. */
  readonly isLate: boolean
}

/** Whether an action changes something outside, by what it was declared to be. */
export function changesSomething(effect: string): boolean {
  return effect !== 'none' && effect !== 'read'
}

/**
 * Calls the function of an action, once, if nothing stands in the way and its intent is durable.
 *
 * @throws ActionNotRun when the function was not called; otherwise whatever the function throws
 */
export async function executeAction(action: OpenAction, execution: Execution): Promise<unknown> {
  action.requireOpen('execute')
  action.end('was executed')
  const refusal = objectionTo(action, execution) ?? (await declareIntent(action, execution))
  if ('code' in refusal) throw action.refuse(refusal)
  const { intent } = refusal
  const { run, identity } = action
  const { traceparent } = run
  const context: ActionContext = {
    idempotencyKey: identity.idempotencyKey,
    signal: AbortSignal.any([run.signal, identity.signal]),
    actionId: identity.id,
    runId: run.id,
    attempt: identity.attempt,
    ...(traceparent !== undefined && { traceparent }),
  }
  const call = async (): Promise<unknown> => execution.run(action.subject.value, context)
  let result: unknown
  try {
    const { inside = [] } = run.core.context.getStore() ?? {}
    result = await run.core.context.run({ run, causationId: intent.eventId, inside }, call)
  } catch (error) {
    markStage(error, 'execution')
    tell(action, () => recordFailure(action, execution, error))
    throw error
  }
  tell(action, () => {
    action.record('tool_completed', {
      tool: toolOf(action),
      result: 'success',
      payload: execution.keepResult ? { result: shownJson(result) } : undefined,
    })
  })
  await recordReceipt(action, execution, result)
  return result
}

/** What stands in the way before anything is sent. */
function objectionTo(action: OpenAction, { approved, isLate }: Execution): Refusal | undefined {
  const { asking, objection } = action
  const withdrawal = withdrawalOf(action, isLate)
  if (withdrawal !== undefined) return withdrawal
  const lost = lossOf(action)
  if (lost !== undefined) return lost
  if (objection !== undefined) return objection
  const [first] = asking
  if (first !== undefined) {
    return {
      code: 'approval_missing',
      rule: first.check,
      why: `${askedWords(asking)}, and nobody has said yes to this`,
    }
  }
  return driftOf(action, approved) ?? expiryOf(approved)
}

/** Whether something of its run did not get into the log. What changes something then does not run. */
function lossOf({ run: { problem }, identity }: OpenAction): Refusal | undefined {
  if (problem === undefined || !changesSomething(identity.effect)) return undefined
  const { code, message } = problem
  return { code, why: `an earlier event of its run is not in the log (${message})`, cause: problem }
}

function expiryOf(approved: Approved | undefined): Refusal | undefined {
  return approved !== undefined && approved.expiresAt.getTime() < Date.now()
    ? { code: 'approval_expired', why: 'its approval was for a time that is over' }
    : undefined
}

/** Whether what the function will get is still what was recorded and shown: dates and the like cannot be frozen. */
function driftOf({ subject: { value, json } }: OpenAction, approved: Approved | undefined): Refusal | undefined {
  try {
    if (equalJson(frozenJson(value), json)) return undefined
  } catch {
    // What cannot be written any more is not what was written.
  }
  const which = approved === undefined ? 'proposed' : 'approved'
  return { code: 'approval_mismatch', why: `what was ${which} is not what was to run` }
}

/** Stores the intent durably: in the log, or on this machine. Without it nothing runs. */
async function declareIntent(
  action: OpenAction,
  execution: Execution,
): Promise<{ readonly intent: Recorded } | Refusal> {
  const { run, identity, subject } = action
  const { confirmWithinMs } = run.core
  try {
    const { id, type, effect, reversibility, idempotencyKey, attempt } = identity
    const intent = action.record('tool_called', {
      action: { id, type, effect_class: effect, idempotency_key: toId(idempotencyKey), attempt, reversibility },
      also_affects: subject.alsoAffects,
      tool: toolOf(action),
      payload: { parameters: subject.json },
    })
    if (execution.delivery === 'spool' && execution.approved === undefined) await intent.spooled
    else {
      const { stop } = await intent.confirmed(confirmWithinMs)
      if (stop !== undefined) run.noteStop(stop)
    }
    // What came to light while the intent was on its way: its own proposal may have travelled with it, and been refused.
    const { approved } = execution
    return (
      withdrawalOf(action, false) ?? lossOf(action) ?? driftOf(action, approved) ?? expiryOf(approved) ?? { intent }
    )
  } catch (error) {
    if (!(error instanceof RecorderError)) throw error
    const why =
      error.code === 'log_unreachable'
        ? `the log did not acknowledge it within ${durationWords(confirmWithinMs)}, and without a receipt nothing runs`
        : `its intent could not be stored (${error.message})`
    return { code: error.code, why, cause: error }
  }
}

function toolOf({ identity }: OpenAction): object {
  return { name: toId(identity.tool) ?? identity.type, call_id: toId(identity.callId) }
}

function recordFailure(action: OpenAction, { failure }: Execution, error: unknown): void {
  const reason = reasonOfError(error)
  action.record('tool_completed', {
    tool: toolOf(action),
    result: 'failure',
    reason_code: reason,
    payload: { error: errorBody(error) },
  })
  if (!changesSomething(action.identity.effect)) return
  let verdict: FailureVerdict | undefined
  try {
    verdict = failure?.(error)
  } catch {
    // A judge that fails has not said that nothing happened.
    verdict = 'unknown'
  }
  if ((verdict ?? judgeFailure(error)) === 'unknown') recordUnknown(action, reason)
}

function recordUnknown(action: OpenAction, reason: string, problem?: unknown): void {
  action.record('side_effect_unknown', {
    effect: { status: 'unknown' },
    tool: toolOf(action),
    result: 'unknown',
    reason_code: reason,
    payload: problem === undefined ? undefined : { error: errorBody(problem) },
  })
}

/** What the answer says of the effect. The effect is there whatever goes wrong here, so the caller gets its result. */
async function recordReceipt(action: OpenAction, { receipt: read }: Execution, result: unknown): Promise<void> {
  if (read === undefined || !changesSomething(action.identity.effect)) return
  try {
    const receipt = await read(result, action.subject.value)
    if (receipt === undefined) return
    const { ref, actual, beforeVersion, afterVersion } = receipt
    tell(action, () => {
      action.record('side_effect_applied', {
        effect: {
          status: 'applied',
          external_ref: toId(ref),
          before_version: toId(beforeVersion),
          after_version: toId(afterVersion),
        },
        also_affects: action.subject.alsoAffects,
        tool: toolOf(action),
        result: 'success',
        payload: actual === undefined ? undefined : { actual: shownJson(actual) },
      })
    })
  } catch (error) {
    tell(action, () => recordUnknown(action, 'receipt_failed', error))
    const message = `${action.identity.type} ran, and its receipt could not be read: whether it took effect stays open.`
    action.run.core.tellProblem(new RecorderError('receipt_failed', message, { cause: error }), action.run.id)
  }
}

/** Records what has happened already: a problem with it is no reason to throw at the caller, and is not lost. */
function tell({ run }: OpenAction, record: () => void): void {
  try {
    record()
  } catch (error) {
    if (!(error instanceof RecorderError)) throw error
    run.noteProblem(error)
    run.core.tellProblem(error, run.id)
  }
}

import { isCode, toId } from '../wire/envelope-words.ts'
import { errorBody } from '../wire/error-body.ts'
import type { ApprovalDecision, ApprovalDesk, ApprovalRequest } from './approval-desk.ts'

/** What an approver answers. `by` is an opaque id of the person, never a name or an address. */
export type ApproverAnswer =
  | {
      readonly decision: 'approved'
      readonly by: string
      /** The parameters as the person changed them. */
      readonly parameters?: unknown
      readonly note?: string
      /** A rule decided and not a person. It is never shown as human. */
      readonly auto?: boolean
      /** Reference of the decision in the system where it was made. */
      readonly ref?: string
    }
  | {
      readonly decision: 'rejected'
      readonly by: string
      readonly reason?: string
      readonly auto?: boolean
      readonly ref?: string
    }
  /** Nobody decided. */
  | { readonly decision: 'expired' }

/** Asks a person in the integrator's own way: at the terminal, in a chat, by a form. */
export type Approver = (
  request: ApprovalRequest,
  context: { readonly signal: AbortSignal },
) => ApproverAnswer | Promise<ApproverAnswer>

/**
 * The desk of an integrator's own callback. The log knows of the decision only what the callback says, so it is kept as
 * claimed.
 *
 * @param surface where people are asked: `terminal`, `slack`
 */
export function createCallbackDesk(approver: Approver, surface: string): ApprovalDesk {
  return {
    async decide(request, journal, signal): Promise<ApprovalDecision> {
      const approval = { request_id: request.requestId, mode: 'single', surface: toId(surface) ?? 'callback' } as const
      const { parameters, reasons, from, expiresAt, digest } = request
      const expires_at = expiresAt.toISOString()
      journal.record('approval_requested', {
        approval,
        payload: { parameters, reasons, from, expires_at, digest },
      })
      const answer = await askWithin(approver, request, signal)
      if ('failure' in answer) {
        journal.record('approval_cancelled', {
          approval,
          reason_code: answer.failure === undefined ? 'withdrawn' : 'approver_failed',
          ...(answer.failure !== undefined && { payload: { error: errorBody(answer.failure) } }),
        })
        return answer.failure === undefined
          ? { decision: 'withdrawn' }
          : { decision: 'unavailable', cause: answer.failure }
      }
      if (answer.decision === 'expired') {
        journal.record('approval_expired', { approval, reason_code: 'nobody_decided' })
        return answer
      }
      const { decision, auto = false, ref } = answer
      const by = toId(answer.by) ?? 'unknown'
      const reference = toId(ref)
      const note = decision === 'approved' ? answer.note : answer.reason
      journal.record(decision === 'approved' ? 'approval_granted' : 'approval_rejected', {
        actor: { type: auto ? 'system' : 'human', id: by },
        approval: {
          ...approval,
          mode: auto ? 'auto' : 'single',
          decision,
          ...(reference !== undefined && { ref: reference }),
        },
        ...(decision === 'rejected' && isCode(note) && { reason_code: note }),
        ...(note !== undefined && { payload: { reason: note } }),
      })
      return decision === 'approved'
        ? { decision, by, ...(answer.parameters !== undefined && { parameters: answer.parameters }) }
        : { decision, by, ...(note !== undefined && { reason: note }) }
    },
  }
}

/** The answer, `expired` when the time is over first, or why there is none. */
async function askWithin(
  approver: Approver,
  request: ApprovalRequest,
  signal: AbortSignal,
): Promise<ApproverAnswer | { failure: unknown }> {
  const ended = new AbortController()
  const until = AbortSignal.any([signal, ended.signal])
  let timer: NodeJS.Timeout | undefined
  try {
    return await new Promise<ApproverAnswer | { failure: unknown }>((resolve) => {
      timer = setTimeout(() => resolve({ decision: 'expired' }), Math.max(0, request.expiresAt.getTime() - Date.now()))
      signal.addEventListener('abort', () => resolve({ failure: undefined }), { once: true })
      if (signal.aborted) return resolve({ failure: undefined })
      Promise.resolve()
        .then(() => approver(request, { signal: until }))
        .then(
          (answer) => resolve(isAnswer(answer) ? answer : { failure: new TypeError('the approver gave no decision') }),
          (failure: unknown) => resolve({ failure: failure ?? new Error('the approver failed') }),
        )
    })
  } finally {
    clearTimeout(timer)
    ended.abort()
  }
}

/** The callback is the integrator's code: what it returns is looked at before a function runs because of it. */
function isAnswer(answer: unknown): answer is ApproverAnswer {
  if (typeof answer !== 'object' || answer === null || !('decision' in answer)) return false
  if (answer.decision === 'expired') return true
  const isDecision = answer.decision === 'approved' || answer.decision === 'rejected'
  if (!isDecision || !('by' in answer) || typeof answer.by !== 'string' || answer.by === '') return false
  // Only a person changes what an agent proposed.
  return !('auto' in answer && answer.auto === true && 'parameters' in answer && answer.parameters !== undefined)
}

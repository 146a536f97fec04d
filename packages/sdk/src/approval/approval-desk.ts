import type { JsonInput } from '../outbox/json-input.ts'
import type { ApprovalJournal } from './approval-journal.ts'

/** What a person is asked: the action exactly as it would run. */
export interface ApprovalRequest {
  readonly requestId: string
  readonly runId: string
  readonly runUrl: string
  readonly actionId: string
  /** `refund.create` */
  readonly action: string
  readonly effect: string
  readonly target?: { readonly type: string; readonly id: string; readonly version?: string }
  /** Frozen: what is approved is what runs. */
  readonly parameters: JsonInput
  /** SHA-256 of the RFC 8785 bytes of {type, target, parameters}. */
  readonly digest: string
  /** The checks that ask, and why. */
  readonly reasons: readonly { readonly check: string; readonly reason?: string }[]
  /** Who may decide, where a check says so. */
  readonly from?: string
  /** When the request ends; without a decision by then it is a no. */
  readonly expiresAt: Date
}

/** What came of a request. Everything but `approved` is a no. */
export type ApprovalDecision =
  | {
      readonly decision: 'approved'
      /** An opaque id of who decided. */
      readonly by: string
      /** The parameters as the person changed them; absent when nothing was changed. */
      readonly parameters?: unknown
    }
  | { readonly decision: 'rejected'; readonly by: string; readonly reason?: string }
  | { readonly decision: 'expired' }
  /** Nobody waits for the decision any more. */
  | { readonly decision: 'withdrawn' }
  /** Nobody could be asked, or asking failed. */
  | { readonly decision: 'unavailable'; readonly cause?: unknown }

/**
 * Where people say yes or no. A desk sees to it that request and decision are on record: one whose decisions are made in
 * this process writes them to the journal; the log's own desk writes them itself.
 */
export interface ApprovalDesk {
  /**
   * Resolves with the decision; never rejects.
   *
   * @param signal aborts when nobody waits any more
   */
  decide(request: ApprovalRequest, journal: ApprovalJournal, signal: AbortSignal): Promise<ApprovalDecision>
}

/** Nobody is there to be asked: every action that needs a person is refused. */
export const unavailableDesk: ApprovalDesk = {
  decide: () => Promise.resolve({ decision: 'unavailable' }),
}

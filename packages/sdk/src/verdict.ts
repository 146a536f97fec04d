import { durationMs, type Duration } from './duration.ts'

/** A person has to say yes first. */
export interface ApprovalAsked {
  readonly verdict: 'require_approval'
  /** Why, as a code: `over_200`. */
  readonly reason?: string
  /** Who may decide: `group:finance`. */
  readonly from?: string
  /** How long there is to decide. */
  readonly withinMs?: number
}

/** It may go on, and somebody should know. */
export interface Warning {
  readonly verdict: 'warn'
  readonly reason?: string
}

/** It must not happen. */
export interface Denial {
  readonly verdict: 'deny'
  readonly reason?: string
}

/** What a check concludes: true is yes, false is no. Everything else that is none of these is a no as well. */
export type Verdict = boolean | ApprovalAsked | Warning | Denial

/** Asks a person: `needsApproval('over_200', { from: 'group:finance', within: '1h' })`. */
export function needsApproval(reason?: string, options: { from?: string; within?: Duration } = {}): ApprovalAsked {
  const { from, within } = options
  return {
    verdict: 'require_approval',
    ...(reason !== undefined && { reason }),
    ...(from !== undefined && { from }),
    ...(within !== undefined && { withinMs: durationMs(within) }),
  }
}

/** Lets it go on with a warning on record. */
export function warn(reason?: string): Warning {
  return reason === undefined ? { verdict: 'warn' } : { verdict: 'warn', reason }
}

/** Says no, and why: `deny('already_refunded')`. */
export function deny(reason?: string): Denial {
  return reason === undefined ? { verdict: 'deny' } : { verdict: 'deny', reason }
}

/** A verdict with its reason; what is no verdict denies. */
export function normalVerdict(given: unknown): { verdict: 'allow' } | Warning | Denial | ApprovalAsked {
  if (given === true) return { verdict: 'allow' }
  if (typeof given === 'object' && given !== null && 'verdict' in given) {
    const { verdict } = given
    if (verdict === 'warn' || verdict === 'deny' || verdict === 'require_approval') return given as Warning
  }
  return given === false ? { verdict: 'deny' } : { verdict: 'deny', reason: 'no_verdict' }
}

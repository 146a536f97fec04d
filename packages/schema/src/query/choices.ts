/** One word of a closed list. */
export interface Choice {
  readonly word: string
  readonly meaning?: string
  /** Where it differs from the entity of its key. */
  readonly entity?: 'run'
}

/** The one vocabulary of outcomes, used everywhere: best to worst as far as they can be compared. */
export const outcomes: readonly Choice[] = [
  { word: 'done', meaning: 'the effect happened and equals what was approved or allowed' },
  { word: 'running', meaning: 'no effect yet' },
  { word: 'waiting', meaning: 'needs a person' },
  { word: 'rejected', meaning: 'a person said no, and nothing happened' },
  { word: 'blocked', meaning: 'a rule said no, and nothing happened' },
  { word: 'unconfirmed', meaning: 'sent, but nobody knows' },
  { word: 'failed', meaning: 'tried, and it did not happen' },
  { word: 'mismatch', meaning: 'the effect differs from what was approved or proposed' },
]

export const statuses: readonly Choice[] = [
  { word: 'running', meaning: 'not ended yet' },
  { word: 'completed', meaning: 'ended by itself, which does not mean that it went well' },
  { word: 'failed', meaning: 'ended with an error' },
  { word: 'cancelled', meaning: 'stopped by somebody' },
  { word: 'stalled', meaning: 'silent for too long, and not ended' },
]

export const approvalStates: readonly Choice[] = [
  { word: 'requested', meaning: 'a person was asked' },
  { word: 'granted', meaning: 'a person said yes' },
  { word: 'rejected', meaning: 'a person said no' },
  { word: 'expired', meaning: 'nobody decided in time' },
  { word: 'cancelled', meaning: 'the question was withdrawn' },
  { word: 'consumed', meaning: 'the yes was used' },
]

export const effectClasses: readonly string[] = [
  'none',
  'read',
  'write',
  'delete',
  'communicate',
  'financial',
  'privilege',
  'execute',
]

/** Words of `has:`. What an action can have is asked of the action when the query has other action terms. */
export const hasFlags: readonly Choice[] = [
  { word: 'proposal', meaning: 'a proposal' },
  { word: 'check', meaning: 'a check' },
  { word: 'approval', meaning: 'a request for approval' },
  { word: 'edit', meaning: 'a change by a person before it ran' },
  { word: 'effect', meaning: 'an effect' },
  { word: 'trigger', meaning: 'a trigger', entity: 'run' },
  { word: 'context', meaning: 'a record of what was read', entity: 'run' },
  { word: 'gap', meaning: 'events known to be lost', entity: 'run' },
  { word: 'late', meaning: 'events after its end', entity: 'run' },
  { word: 'error', meaning: 'an error', entity: 'run' },
  { word: 'redaction', meaning: 'something removed before storage', entity: 'run' },
  { word: 'unrecorded', meaning: 'one of the six answers missing', entity: 'run' },
]

export const isFlags: readonly Choice[] = [
  { word: 'imported', meaning: 'imported from a transcript' },
  { word: 'erased', meaning: 'partly or wholly erased' },
  { word: 'open', meaning: 'still open' },
  { word: 'stopped', meaning: 'stopped by a person' },
]

/** Every event type of the specification, also those that this version does not write yet: old logs can be asked by new programs. */
export const eventTypes: readonly string[] = [
  'run_created',
  'run_completed',
  'run_failed',
  'run_cancelled',
  'input_resolved',
  'retrieval_completed',
  'decision_proposed',
  'decision_overridden',
  'validation_passed',
  'validation_failed',
  'approval_requested',
  'approval_granted',
  'approval_rejected',
  'approval_expired',
  'approval_cancelled',
  'approval_consumed',
  'tool_called',
  'tool_completed',
  'side_effect_applied',
  'side_effect_blocked',
  'side_effect_unknown',
  'side_effect_reverted',
  'effect_observed',
  'effect_compared',
  'producer_started',
  'producer_heartbeat',
  'producer_stopped',
  'gap_detected',
  'gap_healed',
  'event_refused',
  'payload_erased',
  'payload_viewed',
  'export_created',
  'hold_placed',
  'hold_released',
  'retention_applied',
  'key_changed',
  'config_changed',
  'access_changed',
  'finding_triaged',
  'log_recovered',
]

import type { eventDefinitions, EventOf } from '@counterfoil/schema'

/** Types that may be recorded within a run that the recorder opened; it tells of beginning and end itself. */
export type RecordableType =
  | 'input_resolved'
  | 'retrieval_completed'
  | 'decision_proposed'
  | 'decision_overridden'
  | 'validation_passed'
  | 'validation_failed'
  | 'approval_requested'
  | 'approval_granted'
  | 'approval_rejected'
  | 'approval_expired'
  | 'approval_cancelled'
  | 'tool_called'
  | 'tool_completed'
  | 'side_effect_applied'
  | 'side_effect_blocked'
  | 'side_effect_unknown'
  | 'side_effect_reverted'

type RunType = 'run_created' | 'run_completed' | 'run_failed' | 'run_cancelled'
type AnyType = RecordableType | RunType | 'effect_observed'

type Definition = (typeof eventDefinitions)[number]
type DefinitionOf<T extends AnyType> = Extract<Definition, { readonly type: T }>

/** What the recorder sets itself. */
type OwnField = 'schema_version' | 'event_id' | 'event_type' | 'run_id' | 'run_seq' | 'producer'

/** One event of a type, with the names of the wire: what the log's contract says, without what the recorder sets. */
export type EventDraft<T extends AnyType> = { readonly event_type: T } & {
  readonly [K in keyof EventOf<DefinitionOf<T>> as K extends OwnField ? never : K]: EventOf<DefinitionOf<T>>[K]
} & {
  /** Any JSON; erasable, and redacted before it leaves the process. */
  readonly payload?: unknown
  /** A sentence about the payload, at most 500 characters. */
  readonly summary?: string
}

/** One event of the run around it. */
export type AnyEventDraft = { [T in RecordableType]: EventDraft<T> }[RecordableType]

/** One event of a run that somebody else keeps the order of, or of none: an observation. */
export type LooseEventDraft =
  | { [T in RecordableType | RunType]: EventDraft<T> & { readonly run_id: string; readonly run_seq: number } }[
      | RecordableType
      | RunType]
  | EventDraft<'effect_observed'>

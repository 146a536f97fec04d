/** The outcome vocabulary, worst first: the worst action gives the run's outcome. */
export const outcomes = [
  'mismatch',
  'failed',
  'unconfirmed',
  'blocked',
  'rejected',
  'waiting',
  'running',
  'done',
] as const
export type Outcome = (typeof outcomes)[number]

export const runStatuses = ['running', 'completed', 'failed', 'cancelled', 'stalled'] as const
export type RunStatus = (typeof runStatuses)[number]

/** How well an answer is founded. */
export const grades = ['observed', 'claimed', 'inferred', 'none', 'missing'] as const
export type Grade = (typeof grades)[number]

/** The six questions in their fixed order. */
export const questions = ['trigger', 'context', 'proposal', 'checks', 'approval', 'effect'] as const
export type Question = (typeof questions)[number]

export type Answers = Readonly<Record<Question, Grade>>

/** What a list needs of a run. Times are milliseconds since the epoch. */
export interface RunRow {
  readonly runId: string
  readonly status: RunStatus
  readonly outcome: Outcome
  readonly workflow?: string
  readonly version?: string
  readonly environment?: string
  readonly customerId?: string
  readonly triggerType?: string
  readonly triggerRef?: string
  readonly correlationId: string
  readonly sessionId?: string
  readonly parentRunId?: string
  readonly actorType?: string
  readonly actorId?: string
  readonly model?: string
  readonly keyId: string
  /** The process that recorded the latest part of it: an instance under `keyId`. */
  readonly producer?: string
  readonly startedMs: number
  readonly endedMs?: number
  readonly events: number
  readonly actions: number
  readonly firstIndex: number
  readonly lastIndex: number
  readonly answers: Answers
  readonly flags: readonly string[]
  readonly attributes: Readonly<Record<string, string | number>>
}

export interface ActionRow {
  readonly actionId: string
  readonly runId: string
  /** The key that owns it. */
  readonly keyId: string
  readonly type: string
  readonly effectClass: string
  readonly targetType?: string
  readonly targetId?: string
  readonly tool?: string
  /** Who did it, as far as the events of the deed say: whoever decided on it is another. */
  readonly actorType?: string
  readonly actorId?: string
  readonly outcome: Outcome
  readonly edited: boolean
  readonly approver?: string
  readonly externalRef?: string
  readonly reasonCode?: string
  readonly startedMs: number
  readonly firstIndex: number
  readonly lastIndex: number
  readonly attempts: number
  readonly checks: readonly {
    readonly name: string
    readonly verdict: string
    readonly enforced: string
    readonly rule?: string
  }[]
  readonly attributes: Readonly<Record<string, string | number>>
  readonly flags: readonly string[]
}

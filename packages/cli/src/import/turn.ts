import type { ResultRules } from '@counterfoil/schema/action-map'

export type Speaker = 'agent' | 'user'

/** One call as a transcript has it. */
export interface TranscriptCall {
  readonly callId?: string
  readonly name: string
  /** Parsed where the source has JSON text; a text that is no JSON stays a text. */
  readonly args: unknown
}

export interface Usage {
  readonly input_tokens?: number
  readonly output_tokens?: number
}

/** What a text is that an agent works under: none of it was said to it by a user. */
type PromptRole = 'system' | 'policy' | 'demonstration' | 'summary'

interface Place {
  /** Order within the run, from 1; several turns may share one. */
  readonly position: number
  readonly at?: string
  readonly line?: number
  readonly usage?: Usage
  /** The model that wrote it, where every message has its own. */
  readonly model?: string
}

/** What a message of a transcript means, whatever its format: all that the event builder needs. */
export type Turn = Place &
  (
    | { readonly kind: 'prompt'; readonly role: PromptRole; readonly content: unknown }
    | {
        readonly kind: 'input'
        readonly content: unknown
        /** What the agent's own program put there, and nobody said. */
        readonly by?: 'system'
      }
    /** A person stopped what the agent was doing. */
    | { readonly kind: 'interrupted'; readonly content: unknown }
    | { readonly kind: 'said'; readonly content: unknown }
    | {
        readonly kind: 'calls'
        readonly by: Speaker
        readonly calls: readonly TranscriptCall[]
        /** What stood beside the calls: a rationale, not a message that somebody got. */
        readonly beside?: unknown
      }
    | {
        readonly kind: 'result'
        readonly by: Speaker | undefined
        readonly callId?: string
        readonly name?: string
        readonly content: unknown
        /** The message as the source has it: where flags stand. */
        readonly message: unknown
      }
  )

/** How a run ended, where the source says so. */
export interface RunEnd {
  readonly how: 'completed' | 'failed' | 'cancelled'
  readonly reason?: string
  readonly at?: string
  readonly attributes?: Readonly<Record<string, string | number>>
}

/** Everything about a run that is known before its first message. */
export interface RunContext {
  /** Tells this run from every other: ids derive from it. */
  readonly identity: string
  readonly startMs?: number
  readonly importer: string
  readonly workflow: string
  readonly workflowVersion?: string
  readonly model?: string
  readonly agentId?: string
  readonly agentVersion?: string
  readonly sessionId?: string
  readonly parentRunId?: string
  readonly customerId?: string
  readonly correlationId?: string
  readonly attributes?: Readonly<Record<string, string | number>>
  /** Whose words the inputs are: `agent` for work that another agent asked for. */
  readonly askedBy?: 'user' | 'agent'
  /** How results are read when the action map says nothing. */
  readonly resultRules: ResultRules
  /** Whether an agent's next turn means that open calls got no answer; parallel calls on several lines say no. */
  readonly nextTurnClosesCalls: boolean
  /** Whether a run may begin with words of the agent: in a session that was resumed. A greeting is no beginning. */
  readonly saidStartsRun?: boolean
  readonly file: string
  readonly line?: number
}

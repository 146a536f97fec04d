import type { Redaction } from '@counterfoil/schema/redact'

/**
 * One event after parsing, validation and redaction: all that a store needs, and nothing that may not be stored.
 * Strings only, so that it crosses to the writer's thread cheaply.
 */
export interface PreparedEvent {
  /** The producer's part of the envelope: JSON text in schema order, without payload and summary. */
  readonly envelope: string
  /** The redacted payload as JSON text. */
  readonly payload?: string
  /** The redacted summary as JSON text (a string). */
  readonly summary?: string
  readonly redactions: readonly Redaction[]
  /** RFC 8785 text of `{type, target, parameters}` on a `decision_proposed` with parameters. */
  readonly actionText?: string
  /** Where it differs from that of the batch: an approval that happened elsewhere is `claimed`. */
  readonly assurance?: AppendContext['assurance']
  /** SHA-256 (lower-case hex) over the event as sent, before redaction: what "the same again" is judged by. */
  readonly sentDigest: string
}

/** Conditions that are evaluated inside the transaction that stores the event; a failed one refuses that event only. */
export type Guard =
  | { readonly kind: 'run_open'; readonly runId: string }
  | { readonly kind: 'event_absent'; readonly eventId: string }
  | { readonly kind: 'event_present'; readonly eventId: string }

/** Who sends a batch, and how its statements are to be graded. */
export interface AppendContext {
  /** Id of the API key, `local` for the embedded library, `server` for the server itself. */
  readonly keyId: string
  readonly assurance: 'authenticated' | 'claimed' | 'inferred'
  /** Whether the key speaks for the runs it creates (`run`), for a policy service, or for an independent observer. */
  readonly role: 'run' | 'policy' | 'observer' | 'server'
  /** When the producer sent the batch, in milliseconds since the epoch, so that delay is not taken for skew. */
  readonly sentAtMs?: number
}

export interface AppendRequest {
  readonly events: readonly PreparedEvent[]
  readonly context: AppendContext
  /** Guards by position of the event in `events`. */
  readonly guards?: Readonly<Record<number, readonly Guard[]>>
  /** Store all or none. */
  readonly atomic?: boolean
}

import type { Checkpoint } from '../witness/checkpoint.ts'

/** One event of a batch that the log has. */
export interface BatchAck {
  readonly position: number
  readonly event_id: string
  readonly index: number
  readonly leaf_hash: string
  readonly action_digest?: string
  readonly stop?: { readonly event_id: string; readonly actor_id: string; readonly reason_code?: string }
}

export interface BatchRejection {
  readonly position: number
  readonly code: string
  readonly message: string
  readonly pointer?: string
}

/** The log's answer to a batch: its shape was checked, its truth was not. */
export interface BatchReport {
  readonly acks: readonly BatchAck[]
  readonly rejected: readonly BatchRejection[]
  readonly checkpoint?: string
  readonly size: number
}

/** Why a batch got no answer of the log, and what follows. */
export class TransportError extends Error {
  override readonly name = 'TransportError'
  /**
   * `retry`: later it may work. `key`: it will not work with this key. `batch`: it will never work with this batch, but
   * it may with less; with a single event, never.
   */
  readonly kind: 'retry' | 'key' | 'batch'
  readonly code: string
  /** The server's own wish, in milliseconds. */
  readonly retryAfterMs: number | undefined

  constructor(
    kind: TransportError['kind'],
    code: string,
    message: string,
    options: { cause?: unknown; retryAfterMs?: number | undefined } = {},
  ) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause })
    this.kind = kind
    this.code = code
    this.retryAfterMs = options.retryAfterMs
  }
}

/** Who the log says it is. */
export interface LogIdentity {
  readonly origin: string
  /** C2SP verifier key. */
  readonly vkey: string
  readonly size: number
  readonly checkpoint?: string
}

/** The way to one log. Every method rejects with a {@link TransportError}, or a `RecorderError` where nothing helps. */
export interface Transport {
  /** Whom it speaks to, for people: a URL, or a data directory. */
  readonly place: string
  /** The place and the key, as a short name for files: another key may open another log. */
  readonly destination: string
  /** The log is in this very process, and durable without a server: events need a spool only when it fails. */
  readonly isLocal: boolean
  /** Grows with every new connection: behind it may be another log than before. */
  readonly connections: number
  identify(): Promise<LogIdentity>
  /** Sends events, each JSON text, in this order. */
  send(events: readonly string[]): Promise<BatchReport>
  /** Shows the log a checkpoint that it signed once; it closes itself when it cannot have it in its history. */
  present(checkpoint: string): Promise<void>
  /** Hashes (lower-case hex) that connect two sizes (RFC 6962 section 2.1.2). */
  proveConsistency(from: Checkpoint, to: Checkpoint): Promise<readonly string[]>
  close(): Promise<void>
}

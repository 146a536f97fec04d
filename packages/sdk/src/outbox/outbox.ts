import type { EventType } from '@counterfoil/schema'
import type { RecorderError } from '../errors.ts'
import type { JsonInput } from './json-input.ts'

/**
 * An event before it is numbered, redacted and sent: an envelope without `schema_version`, `event_id` and `producer`
 * (the outbox sets them), with its payload in the clear. Members that are undefined are left out.
 */
export interface DraftEvent {
  readonly event_type: EventType
  /** Set only where the caller must know the id before the event is recorded; otherwise the outbox makes one. */
  readonly event_id?: string
  readonly occurred_at?: string
  readonly payload?: JsonInput
  readonly summary?: string
  readonly [field: string]: unknown
}

/** A person has stopped the run: no further strict action of it may run. */
export interface StopOrder {
  /** The event in the log that says so. */
  readonly eventId: string
  readonly actorId: string
  readonly reasonCode?: string
}

/** The log has the event: on disk, in the tree, under a signed checkpoint that this process has checked. */
export interface Confirmation {
  readonly eventId: string
  readonly index: number
  readonly leafHash: string
  readonly actionDigest?: string
  readonly stop?: StopOrder
}

/** What became of one recorded event. Neither promise ever causes an unhandled rejection by itself. */
export interface Recorded {
  readonly eventId: string
  /**
   * Resolves when the event is durable on this machine (fsynced into the spool) or in the log, whichever comes first.
   *
   * @throws RecorderError `spool_full` (only with `whenFull: 'fail'`), `spool_unwritable`. The event is kept in memory and
   *   tried again; until then nothing may rely on it.
   */
  readonly spooled: Promise<void>
  /**
   * Resolves when the log has acknowledged the event. Events are delivered in the order in which they were recorded, so
   * all earlier ones are in the log by then too.
   *
   * @param timeoutMs gives up waiting; the event stays in the spool and is delivered later
   * @throws RecorderError `log_unreachable` after the time, `event_refused`, `key_refused`, `log_rolled_back`,
   *   `log_rewritten`, `log_replaced`, `recorder_closed`
   */
  confirmed(timeoutMs: number): Promise<Confirmation>
}

/** What went wrong with events that nobody may be waiting for: each event that was refused or lost, told once. */
export interface OutboxProblem {
  readonly error: RecorderError
  /** The run of the event, where the problem is one event's. */
  readonly runId?: string
  readonly eventId?: string
}

/** How far the events of this process have come. */
export interface OutboxState {
  /** Recorded and not yet acknowledged by the log, this process and the left-overs of earlier ones. */
  readonly waitingEvents: number
  /** Bytes of the spool on disk. */
  readonly spoolBytes: number
  /** Refused for good by the log; `counterfoil spool` shows them. */
  readonly deadLetters: number
  /** The last reason why nothing could be delivered; absent while delivery works. */
  readonly problem?: { readonly code: string; readonly message: string }
}

/**
 * Where recorded events go: numbered without gaps, redacted, made durable here, and delivered to the log in order and
 * once. It owns the producer's frames (`producer_started`, heartbeats, `producer_stopped`).
 */
export interface Outbox extends AsyncDisposable {
  /** This process as a producer: `producer.instance` of every event. */
  readonly instance: string
  /**
   * Takes an event. Its content is fixed when this returns: later changes of the draft change nothing. Costs the caller a
   * few microseconds; redaction and disk come later.
   *
   * @throws RecorderError `recorder_closed`; `payload_invalid` for what JSON cannot hold (cycles, bigint) or is far beyond
   *   any limit; `spool_full` when more events wait in memory than it may hold
   */
  record(draft: DraftEvent): Recorded
  /** The runs that are open in this process; while there are any, heartbeats come more often. */
  runOpened(runId: string): void
  runEnded(runId: string): void
  state(): OutboxState
  /**
   * Resolves when the log has answered for everything that this process has recorded so far. What earlier processes left
   * is not waited for.
   *
   * @throws as {@link Recorded.confirmed}, but never `event_refused`
   */
  flush(timeoutMs: number): Promise<void>
}

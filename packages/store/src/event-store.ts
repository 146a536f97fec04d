import type { Query } from '@counterfoil/schema/query'
import type { ActionRow, RunRow } from './projection/rows.ts'
import type { StopOrder } from './projection/stop-order.ts'
import type { AppendRequest } from './prepared-event.ts'

/** A log: its name on this server, its C2SP origin, and its Ed25519 verifier key (`name+hash+base64`). */
export interface LogInfo {
  readonly log: string
  readonly origin: string
  readonly vkey: string
  readonly createdAt: string
  /** Set on a log that lost entries and has a successor: it is read and never written again. */
  readonly closedAt?: string
}

/** An event is on disk (fsync), in the Merkle tree, under a signed checkpoint. There is no weaker acknowledgement. */
export interface Acknowledgement {
  readonly status: 'stored' | 'duplicate'
  readonly eventId: string
  readonly index: number
  /** Lower-case hex. */
  readonly leafHash: string
  readonly recordedAt: string
  readonly actionDigest?: string
  /** A person has stopped the run of the event, or one that started it. */
  readonly stop?: StopOrder
}

export interface Refusal {
  readonly status: 'refused'
  readonly eventId: string
  readonly code: 'id_conflict' | 'guard_failed' | 'envelope_too_large' | 'atomic_batch_refused'
  readonly pointer: string
  readonly message: string
}

export interface AppendResult {
  /** In the order of the events of the request. */
  readonly results: readonly (Acknowledgement | Refusal)[]
  /** The signed checkpoint that covers every acknowledged event: a C2SP signed note. */
  readonly checkpoint: string
  readonly size: number
}

/** A stored event: its leaf bytes, exactly as hashed, and what became of its payload. */
export interface StoredEvent {
  readonly index: number
  readonly leaf: Uint8Array
  readonly payload?: StoredPayload
  readonly summary?: string
  /** Why there is no summary although the leaf has its commitment. */
  readonly summaryState?: Exclude<StoredPayload['state'], 'present'>
}

/** `present` comes with the JSON text; `erased` has its `payload_erased` in the log; `missing` has not: an alarm. */
export type StoredPayload =
  | { readonly state: 'present'; readonly text: string; readonly salt: Uint8Array }
  | { readonly state: 'erased' | 'missing' | 'damaged' }

export interface Head {
  readonly size: number
  /** Lower-case hex. */
  readonly root: string
  /** The newest signed checkpoint; absent while the log is empty. */
  readonly checkpoint?: string
}

export interface PageRequest {
  readonly query: Query
  /** Dates of the query are resolved against this moment. */
  readonly nowMs: number
  readonly limit: number
  /** Opaque, from the page before. */
  readonly cursor?: string
}

export interface Page<Row> {
  readonly rows: readonly Row[]
  /** Absent on the last page. */
  readonly next?: string
  /** Events below this index are in the text index; text terms see nothing beyond it. */
  readonly textIndexedThrough: number
}

/** A count that is exact up to 10,000 and "at least" above. */
export interface BoundedCount {
  readonly count: number
  readonly exact: boolean
}

/** How many runs match. */
export interface RunCount extends BoundedCount {
  /** Why there may be more: beyond 10,000, not counted in time, or in texts beyond the newest that were looked at. */
  readonly bound?: 'rows' | 'time' | 'text'
}

export interface Facet {
  readonly key: string
  /** How many runs were looked at: all that match, or the newest of them. */
  readonly counted: number
  readonly values: readonly (BoundedCount & { readonly value: string | null })[]
}

export interface EraseRequest {
  readonly runId?: string
  readonly eventId?: string
  readonly actorId: string
  readonly reasonCode: string
}

export interface StopRequest {
  readonly runId: string
  readonly actorId: string
  readonly reasonCode: string
}

/** One difference between what is stored and what follows from the leaves. */
export interface ProjectionDifference {
  readonly table: string
  readonly id: string
  readonly message: string
}

/** What {@link EventStore.compareProjections} found. */
export interface ProjectionComparison {
  readonly compared: number
  readonly differences: readonly ProjectionDifference[]
  /** The rows were derived by the rules of another version of the program, so that only entries' columns were compared. */
  readonly derivedByOtherRules?: boolean
}

/**
 * Where events rest. Every call names its log; nothing of one log is ever visible through another.
 * Drivers share the contract tests and the pure reducers, not a base class.
 */
export interface EventStore extends AsyncDisposable {
  /** Durable when it resolves: the log, its keys and its empty tree exist. */
  createLog(log: string, options?: { origin?: string }): Promise<LogInfo>
  logs(): Promise<readonly LogInfo[]>

  /**
   * Stores a batch. When it resolves, every acknowledged event is on disk (fsync), in the tree, and under the signed
   * checkpoint that is returned; kill -9 or a power cut afterwards loses none of them. A refused event leaves no trace
   * except, for guards, the record of its refusal. When it rejects, nothing of the batch is acknowledged; sending it
   * again is safe.
   */
  append(log: string, request: AppendRequest): Promise<AppendResult>

  /**
   * Destroys payload keys or payloads and records it as `payload_erased`. Durable when it resolves; leaves, tree and
   * proofs stay as they are.
   */
  erase(log: string, request: EraseRequest): Promise<{ readonly events: number; readonly index: number }>

  /**
   * Records that a person has stopped a run. In effect when it resolves: every acknowledgement of the run that is made
   * from then on carries it. Stopping again answers the first stop.
   *
   * @throws StoreError `not_found` for an unknown run, `run_ended` for one that has come to its end
   */
  stop(log: string, request: StopRequest): Promise<{ readonly order: StopOrder; readonly isNew: boolean }>

  /** The newest durable head. */
  head(log: string): Promise<Head>
  /** The kept checkpoint of exactly this size, if it was kept (newest, and one a second). */
  checkpoint(log: string, size: number): Promise<string | undefined>
  /** `width` hashes of a tile, 32 bytes each, from durable entries only. */
  tile(log: string, level: number, index: number, width: number): Promise<Uint8Array>
  eventById(log: string, eventId: string): Promise<StoredEvent | undefined>
  /** Durable events from `from`, in index order, at most `limit`. */
  events(log: string, from: number, limit: number, options?: { payloads?: boolean }): Promise<readonly StoredEvent[]>
  runEvents(
    log: string,
    runId: string,
    options?: { from?: number; limit?: number; payloads?: boolean },
  ): Promise<readonly StoredEvent[]>

  run(log: string, runId: string): Promise<{ run: RunRow; actions: readonly ActionRow[] } | undefined>
  /** Runs that start with the given id prefix, at most `limit`: short ids on a command line. */
  runIdsByPrefix(log: string, prefix: string, limit: number): Promise<readonly string[]>
  runs(log: string, request: PageRequest): Promise<Page<RunRow>>
  actions(log: string, request: PageRequest): Promise<Page<ActionRow>>
  countRuns(log: string, request: { query: Query; nowMs: number }): Promise<RunCount>
  facets(log: string, request: { query: Query; nowMs: number; keys: readonly string[] }): Promise<readonly Facet[]>
  attributeKeys(log: string): Promise<readonly string[]>

  /** Re-derives runs and actions from the leaves. Durable when it resolves. */
  rebuild(log: string, onProgress?: (done: number, total: number) => void): Promise<{ readonly events: number }>
  /** Compares runs and actions with a rebuild made aside; changes nothing. */
  compareProjections(log: string): Promise<ProjectionComparison>

  /** Called after each commit with the new size; returns the way to stop listening. */
  onCommit(log: string, listener: (size: number) => void): () => void
}

import type { ActionPage, RunPage, RunReport } from './report/run.ts'
import type {
  ApiKeyReport,
  ConsistencyProof,
  EventReport,
  IngestReport,
  InclusionProof,
  LogReport,
  VerifyReport,
} from './report/log.ts'
import type { StopReport } from './report/stop.ts'

export const scopes = ['ingest', 'policy', 'observe', 'read', 'admin'] as const
/** What an API key may do. `admin` may do everything within its log; `policy` may write checks on any run. */
export type Scope = (typeof scopes)[number]

/** Who is asking: the result of authentication, never taken from a request body. */
export interface Principal {
  readonly keyId: string
  readonly log: string
  readonly scopes: readonly Scope[]
}

export interface IngestOptions {
  readonly principal: Principal
  /** `json` is one event or an array; `ndjson` is one event a line. */
  readonly format: 'json' | 'ndjson'
  readonly atomic?: boolean
  readonly proofs?: boolean
  /** An importer derived these events: they are graded `inferred`. */
  readonly inferred?: boolean
  readonly sentAtMs?: number
}

export interface ListOptions {
  /** Text of the query language; `''` is all, newest first. */
  readonly query: string
  readonly limit?: number
  readonly cursor?: string
  readonly facets?: readonly string[]
}

/** One entry of the live tail. */
export interface TailEntry {
  readonly index: number
  /** The leaf, exactly as hashed (JSON text). */
  readonly leaf: string
}

/** One open log. */
export interface Log {
  readonly name: string
  readonly origin: string
  readonly vkey: string
  /** Parses, validates, redacts and durably stores a batch; one bad event never rejects its neighbours. */
  ingest(body: Uint8Array | string, options: IngestOptions): Promise<IngestReport>
  runs(options: ListOptions): Promise<RunPage>
  actions(options: ListOptions): Promise<ActionPage>
  /** @param runId a run id, or a prefix that only one run has */
  run(runId: string, options?: { from?: number; limit?: number }): Promise<RunReport>
  /** The same as {@link run} gives, as JSON in UTF-8; a fraction of the work. */
  runJson(runId: string, options?: { from?: number; limit?: number }): Promise<Uint8Array<ArrayBuffer>>
  event(eventId: string): Promise<EventReport>
  report(): Promise<LogReport>
  /** The newest checkpoint; undefined while the log is empty. */
  checkpoint(): Promise<string | undefined>
  tile(level: number, index: number, width: number): Promise<Uint8Array>
  inclusionProof(index: number, size?: number): Promise<InclusionProof>
  consistencyProof(from: number, to?: number): Promise<ConsistencyProof>
  /** Entries from index `from` on, then live ones as they are committed, until the signal aborts. */
  tail(options: { from: number; signal: AbortSignal }): AsyncIterable<TailEntry>
  erase(
    target: { runId: string } | { eventId: string },
    by: { actorId: string; reasonCode: string },
  ): Promise<{ events: number; index: number }>
  /**
   * A person stops a run: from when this resolves, every acknowledgement of an event of the run, or of a run that it has
   * started, says so. Stopping again answers the first stop.
   *
   * @param by the reason is `run_stopped` unless given
   * @throws LedgerError `run_unknown`; EventError `field_invalid` for who or why; StoreError `run_ended` when there is nothing to stop any more
   */
  stop(runId: string, by: { actorId: string; reasonCode?: string }): Promise<StopReport>
  /**
   * Takes a checkpoint of this log that a client kept: every client is a small witness. `known`: it is in the history of
   * this log. `behind`: this log signed it and cannot have it in its history, so entries were lost or the log was forked;
   * from then on it is read and not written (`log_read_only`), also after a restart.
   *
   * @throws LedgerError `body_invalid` when it is no checkpoint signed by this log
   */
  witness(checkpoint: string): Promise<'known' | 'behind'>
  verify(options?: { onProgress?: (done: number, total: number) => void }): Promise<VerifyReport>
  rebuild(options?: { onProgress?: (done: number, total: number) => void }): Promise<{ events: number }>
}

/** API keys: hashed at rest, bound to one log. */
export interface KeyRing {
  /** The token is returned once and stored nowhere. */
  create(options: {
    log: string
    scopes: readonly Scope[]
    name?: string
  }): Promise<{ key: string; report: ApiKeyReport }>
  list(log?: string): Promise<readonly ApiKeyReport[]>
  revoke(keyId: string): Promise<boolean>
  /** Undefined for an unknown, malformed or revoked token. */
  authenticate(token: string): Promise<Principal | undefined>
}

/** A data directory, open: its logs and its keys. Everything that the HTTP layer needs, without HTTP. */
export interface Ledger extends AsyncDisposable {
  readonly data: string
  /** Set when this opening made the first log, or its first admin key, which is shown this once. */
  readonly firstStart?: { readonly log: string; readonly adminKey?: string }
  readonly keys: KeyRing
  logs(): Promise<readonly LogReport[]>
  createLog(name: string, options?: { origin?: string }): Promise<{ log: LogReport; adminKey: string }>
  /** @throws LedgerError `log_unknown` */
  log(name: string): Promise<Log>
  /** What another process is told that finds this data directory taken: the URL of a server, say. */
  describeHolder(text: string): void
  /** Resolves when the text index has caught up with what is committed now. */
  settleText(): Promise<void>
}

export interface OpenLedgerOptions {
  /** The data directory. */
  readonly data: string
  /** `write` takes the directory for this process alone; `read` works beside a running writer. */
  readonly mode?: 'write' | 'read'
  /** Name of the log that the first start makes; default `main`. */
  readonly firstLog?: string
  /** Whether to make an admin key when there never was one; default true. */
  readonly firstKey?: boolean
  readonly origin?: string
  /** Where heads are remembered outside the data directory; default per user. */
  readonly state?: string
}

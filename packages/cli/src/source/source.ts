import type {
  EventReport,
  IngestReport,
  ListOptions,
  LogReport,
  RunPage,
  RunReport,
  StopReport,
  TailEntry,
  VerifyReport,
} from '@counterfoil/ledger'

/** What a verification found, and what it had no means to check. */
export interface Verification extends VerifyReport {
  readonly unchecked?: readonly string[]
}

export interface TailOptions {
  /** First index; by default the next one to be written. */
  readonly from?: number
  readonly query: string
  readonly signal: AbortSignal
  /** Told when the connection was lost and is there again. */
  readonly onReconnect?: (index: number) => void
}

/** One log as the verbs see it: in a data directory, or behind a URL. Answers are the same. */
export interface Source extends AsyncDisposable {
  /** Where it is, for people. */
  readonly place: string
  runs(options: ListOptions): Promise<RunPage>
  /** @param id a run id, or a prefix that only one run has */
  run(id: string): Promise<RunReport>
  event(id: string): Promise<EventReport>
  /** @param runId a whole run id */
  stop(runId: string, by: { actorId?: string; reasonCode?: string }): Promise<StopReport>
  report(): Promise<LogReport>
  tail(options: TailOptions): AsyncIterable<TailEntry>
  verify(options: { onProgress: (done: number, total: number) => void }): Promise<Verification>
  /** Events as JSON text, in order. */
  ingest(events: readonly string[], options: { inferred: boolean }): Promise<IngestReport>
}

import { hash } from 'node:crypto'
import { existsSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { StoreError } from '../../errors.ts'
import type {
  AppendResult,
  EraseRequest,
  EventStore,
  Head,
  LogInfo,
  ProducerRequest,
  StopRequest,
} from '../../event-store.ts'
import { defaultStateFolder } from '../../head-memory.ts'
import { makeLogFolder } from './log-folder.ts'
import { checkLogName } from '../../log-name.ts'
import type { AppendRequest } from '../../prepared-event.ts'
import type { GapClock } from '../../projection/gap-statements.ts'
import { ControlFile, type ControlLog } from './control-file.ts'
import { DataLock, makeDataFolder } from './data-lock.ts'
import { contradicted } from './log-file.ts'
import type { EntryAudit } from './entry-audit.ts'
import type { LogReader, OpenedRun, RunRows } from './log-reader.ts'
import { buffersOf, packRequest } from './packed-events.ts'
import { unpackResult, type PackedResult } from './packed-results.ts'
import type { RunEvent } from './payload-reader.ts'
import type { ReaderMethod } from './reader-worker.ts'
import { WorkerClient } from './worker-client.ts'
import type { LogPaths, WorkerMessage } from './worker-protocol.ts'

export interface SqliteStoreOptions {
  /** The data directory; made when it is not there, unless reading. */
  readonly data: string
  /** `read` works beside a running writer and changes nothing. */
  readonly mode?: 'write' | 'read'
  /** Where heads are remembered outside the data directory. */
  readonly state?: string
}

/** `ids` are the runs that begin as asked, at most two; `run` is there when exactly one was meant. */
export interface FoundRun {
  readonly ids: readonly string[]
  readonly run?: RunRows & { readonly events: readonly RunEvent[]; readonly head: Head }
}

/** How long an erasure waits for readers of other processes before it says that its traces are not gone yet. */
const emptyingMsMax = 30_000

/** A data directory in SQLite, one database file a log; see `docs/adr/0002`. */
export class SqliteStore implements EventStore {
  readonly data: string
  readonly control: ControlFile
  readonly state: string
  readonly #lock: DataLock | undefined
  readonly #writer: WorkerClient | undefined
  readonly #text: WorkerClient | undefined
  readonly #wal: WorkerClient | undefined
  readonly #reader: WorkerClient
  /** One for each comparison that is under way. */
  readonly #comparing = new Set<WorkerClient>()
  /** Logs that are read and not written, with what is answered to a write. */
  readonly #readOnly = new Map<string, StoreError>()
  #making: Promise<unknown> = Promise.resolve()
  readonly #listeners = new Map<string, Set<(size: number) => void>>()

  private constructor(options: Required<SqliteStoreOptions>) {
    this.data = options.data
    this.state = options.state
    if (options.mode === 'write') {
      makeDataFolder(this.data)
      this.#lock = new DataLock(this.data)
    } else if (!existsSync(join(this.data, 'control.db'))) {
      throw new StoreError(
        'not_found',
        `There is no log in ${this.data}. Start one with "counterfoil serve", or name another directory with --data.`,
      )
    }
    try {
      this.control = new ControlFile(join(this.data, 'control.db'), { readOnly: options.mode === 'read' })
    } catch (error) {
      this.#lock?.[Symbol.dispose]()
      throw error
    }
    this.#reader = new WorkerClient('reader-worker', undefined)
    if (options.mode === 'write') {
      this.#writer = new WorkerClient('writer-worker', undefined, this.#onNews)
      this.#text = new WorkerClient('text-worker', undefined, this.#onNews)
      this.#wal = new WorkerClient('wal-worker', undefined)
    }
  }

  static async open(options: SqliteStoreOptions): Promise<SqliteStore> {
    const data = resolve(options.data)
    const store = new SqliteStore({
      data,
      mode: options.mode ?? 'write',
      state: resolve(options.state ?? defaultStateFolder()),
    })
    try {
      for (const log of store.control.logs()) {
        if (log.closedAt !== undefined) store.#readOnly.set(log.log, closed(log.log))
        else if (log.contradictedBy !== undefined) store.#readOnly.set(log.log, contradicted())
        await store.#open(store.#paths(log), !store.#readOnly.has(log.log))
      }
    } catch (error) {
      await store[Symbol.asyncDispose]()
      throw error
    }
    return store
  }

  /** What another process is told that finds this directory taken. */
  describeHolder(text: string): void {
    this.#lock?.describe(text)
  }

  createLog(log: string, options: { origin?: string } = {}): Promise<LogInfo> {
    // One after another: two of one name would both find it free.
    const made = this.#making.then(() => this.#createLog(log, options))
    this.#making = made.catch(() => undefined)
    return made
  }

  async #createLog(log: string, options: { origin?: string }): Promise<LogInfo> {
    if (this.#writer === undefined) throw readOnly()
    checkLogName(log)
    if (this.control.logs().some((known) => known.log === log))
      throw new StoreError('log_exists', `A log called ${log} is there already. Nothing was changed.`)
    const inUse = new Set(this.control.logs().map(({ origin }) => origin))
    if (options.origin !== undefined && inUse.has(options.origin))
      throw new StoreError('log_exists', 'A log of this origin is there already. Nothing was changed.')
    const info = makeLogFolder(this.data, log, inUse, options.origin)
    // Named last: what the control file names is there as a whole, wherever this process is killed.
    await this.#open(this.#paths(info))
    this.control.addLog(info)
    return infoOf(info)
  }

  logs(): Promise<readonly LogInfo[]> {
    return Promise.resolve(this.control.logs().map(infoOf))
  }

  async append(log: string, request: AppendRequest): Promise<AppendResult> {
    const packed = packRequest(request)
    return unpackResult(
      await this.#writerOf(log).call<PackedResult>(
        { op: 'append', log, request: packed },
        undefined,
        buffersOf(packed),
      ),
    )
  }

  async erase(log: string, request: EraseRequest): Promise<{ events: number; index: number }> {
    const erased = await this.#writerOf(log).call<{ events: number; index: number }>({ op: 'erase', log, request })
    await this.#emptyWal(log)
    return erased
  }

  /** The write-ahead log still holds what was erased, wrapped keys included, until it is emptied; readers put that off. */
  async #emptyWal(log: string): Promise<void> {
    const deadlineMs = performance.now() + emptyingMsMax
    while ((await this.#wal?.call<boolean>({ op: 'empty', log })) === false) {
      if (performance.now() > deadlineMs) throw erasurePending()
    }
  }

  async stop(log: string, request: StopRequest): ReturnType<EventStore['stop']> {
    return this.#writerOf(log).call({ op: 'stop', log, request })
  }

  async declareGaps(log: string, clock: GapClock): ReturnType<EventStore['declareGaps']> {
    return this.#writerOf(log).call({ op: 'declare_gaps', log, clock })
  }

  async rebuild(log: string, onProgress?: (done: number, total: number) => void): Promise<{ events: number }> {
    return this.#writerOf(log).call({ op: 'rebuild', log }, onProgress)
  }

  /**
   * Takes a checkpoint of this log that somebody else kept. `known`: the log has it in its history. `behind`: the log's own
   * key signed it and the log cannot have it in its history, so entries were lost or the log was forked; from now on,
   * also after a restart, the log is read and not written (`log_read_only`). `unsigned`: this log's key did not sign it.
   */
  async witness(log: string, checkpoint: string): Promise<'known' | 'behind' | 'unsigned'> {
    const verdict = await this.#writerOf(log).call<'known' | 'behind' | 'unsigned'>({ op: 'witness', log, checkpoint })
    if (verdict === 'behind') {
      this.#readOnly.set(log, contradicted())
      this.control.contradictLog(log, checkpoint)
    }
    return verdict
  }

  async compareProjections(log: string): ReturnType<EventStore['compareProjections']> {
    const found = this.control.logs().find((known) => known.log === log)
    if (found === undefined) throw new StoreError('log_unknown', `No log is called ${log}.`)
    const worker = new WorkerClient('compare-worker', undefined)
    this.#comparing.add(worker)
    try {
      const isKeptCurrent = this.#writer !== undefined && !this.#readOnly.has(log)
      return await worker.call({ op: 'compare', log: this.#paths(found), isKeptCurrent })
    } finally {
      this.#comparing.delete(worker)
      await worker[Symbol.asyncDispose]()
    }
  }

  /** Resolves when the text index has caught up with what is committed now. */
  async settleText(): Promise<void> {
    await this.#text?.call({ op: 'settle' })
  }

  head(log: string): ReturnType<EventStore['head']> {
    return this.#read(log, 'head')
  }

  checkpoint(log: string, size: number): Promise<string | undefined> {
    return this.#read(log, 'checkpoint', size)
  }

  /** Kept checkpoints in order of size. */
  checkpoints(log: string, after: number, limit: number): Promise<ReturnType<LogReader['checkpoints']>> {
    return this.#read(log, 'checkpoints', after, limit)
  }

  tile(log: string, level: number, index: number, width: number): Promise<Uint8Array> {
    return this.#read(log, 'tile', level, index, width)
  }

  /** The tiles of a level as they are stored, from `first` on, at most `limit`, for comparison with a rebuild. */
  storedTiles(log: string, level: number, first: number, limit: number): Promise<ReturnType<LogReader['storedTiles']>> {
    return this.#read(log, 'storedTiles', level, first, limit)
  }

  /** The first stored tile that a log of this size does not have, as `level/index`. */
  strayTile(log: string): Promise<string | undefined> {
    return this.#read(log, 'strayTile')
  }

  /** Leaf hashes made anew from the stored bytes, 32 bytes each, at most `limit`; ends in front of a missing entry. */
  leafHashes(log: string, from: number, limit: number): Promise<Uint8Array> {
    return this.#read(log, 'leafHashes', from, limit)
  }

  /** What a page of entries says of itself, and whether its payloads open; ends in front of a missing entry. */
  auditEntries(log: string, page: Parameters<LogReader['auditEntries']>[0]): Promise<EntryAudit> {
    return this.#read(log, 'auditEntries', page)
  }

  /** The first thing of what the next commit would start from that does not follow from the head. */
  writerStateFault(log: string): Promise<string | undefined> {
    return this.#read(log, 'writerStateFault')
  }

  eventById(log: string, eventId: string): ReturnType<EventStore['eventById']> {
    return this.#read(log, 'eventById', eventId)
  }

  events(
    log: string,
    from: number,
    limit: number,
    options: { payloads?: boolean } = {},
  ): ReturnType<EventStore['events']> {
    return this.#read(log, 'events', from, limit, options.payloads ?? false)
  }

  /** Everything that a report of one run needs, in one call. */
  async openRun(log: string, start: string, from: number, limit: number): Promise<FoundRun> {
    const { ids, run } = await this.#read<OpenedRun>(log, 'openRun', start, from, limit)
    if (run === undefined) return { ids }
    const { rows, events, head } = run
    return { ids, run: { ...(JSON.parse(rows) as RunRows), events, head } }
  }

  runEvents(
    log: string,
    runId: string,
    options: { from?: number; limit?: number; payloads?: boolean } = {},
  ): ReturnType<EventStore['runEvents']> {
    return this.#read(log, 'runEvents', runId, options.from ?? 0, options.limit ?? 1_000, options.payloads ?? false)
  }

  run(log: string, runId: string): ReturnType<EventStore['run']> {
    return this.#read(log, 'run', runId)
  }

  runIdsByPrefix(log: string, prefix: string, limit: number): Promise<readonly string[]> {
    return this.#read(log, 'runIdsByPrefix', prefix, limit)
  }

  runs(log: string, request: Parameters<EventStore['runs']>[1]): ReturnType<EventStore['runs']> {
    return this.#read(log, 'runs', request)
  }

  actions(log: string, request: Parameters<EventStore['actions']>[1]): ReturnType<EventStore['actions']> {
    return this.#read(log, 'actions', request)
  }

  countRuns(log: string, request: Parameters<EventStore['countRuns']>[1]): ReturnType<EventStore['countRuns']> {
    return this.#read(log, 'countRuns', request)
  }

  facets(log: string, request: Parameters<EventStore['facets']>[1]): ReturnType<EventStore['facets']> {
    return this.#read(log, 'facets', request)
  }

  producers(log: string, request: ProducerRequest): ReturnType<EventStore['producers']> {
    return this.#read(log, 'producers', request)
  }

  attributeKeys(log: string): Promise<readonly string[]> {
    return this.#read(log, 'attributeKeys')
  }

  onCommit(log: string, listener: (size: number) => void): () => void {
    const listeners = this.#listeners.get(log) ?? new Set()
    this.#listeners.set(log, listeners)
    listeners.add(listener)
    return () => listeners.delete(listener)
  }

  #writerOf(log: string): WorkerClient {
    if (this.#writer === undefined) throw readOnly()
    const refusal = this.#readOnly.get(log)
    if (refusal !== undefined) throw refusal
    return this.#writer
  }

  #read<T>(log: string, method: ReaderMethod, ...args: readonly unknown[]): Promise<T> {
    return this.#reader.call<T>({ op: 'read', log, method, args })
  }

  async #open(log: LogPaths, writable = true): Promise<void> {
    if (writable) await this.#writer?.call({ op: 'open', log })
    // Also of a log that takes no events any more: what was erased before has to leave its write-ahead log.
    await this.#wal?.call({ op: 'open', log })
    await this.#reader.call({ op: 'open', log })
    await this.#text?.call({ op: 'open', log })
  }

  #paths(log: ControlLog): LogPaths {
    return { ...log, data: this.data, folder: join(this.data, 'logs', log.id), state: this.state }
  }

  readonly #onNews = (message: WorkerMessage): void => {
    if (message.kind === 'committed') {
      this.#text?.post({ op: 'committed' })
      for (const listener of this.#listeners.get(message.log) ?? []) listener(message.size)
    } else if (message.kind === 'text_erased') {
      void this.#writer?.call({ op: 'text_erased', log: message.log, indexes: message.indexes }).catch(() => undefined)
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#writer?.[Symbol.asyncDispose]()
    for (const worker of this.#comparing) await worker[Symbol.asyncDispose]()
    // Connections that can write close last: the last one to close takes the write-ahead logs with it.
    await this.#reader[Symbol.asyncDispose]()
    await this.#text?.[Symbol.asyncDispose]()
    await this.#wal?.[Symbol.asyncDispose]()
    this.control[Symbol.dispose]()
    this.#lock?.[Symbol.dispose]()
  }
}

/** Opens a data directory; see {@link SqliteStore}. */
export function openSqliteStore(options: SqliteStoreOptions): Promise<SqliteStore> {
  return SqliteStore.open(options)
}

/** The unguessable part of the public tile URL of a log. */
export function publicIdOf(origin: string): string {
  return hash('sha256', origin).slice(0, 32)
}

function infoOf({ log, origin, vkey, createdAt, closedAt }: ControlLog): LogInfo {
  return { log, origin, vkey, createdAt, ...(closedAt !== undefined && { closedAt }) }
}

function closed(log: string): StoreError {
  return new StoreError(
    'log_read_only',
    `The log ${log} lost entries and was closed when its successor was opened. It can be read; nothing is written to it any more.`,
  )
}

function erasurePending(): StoreError {
  return new StoreError(
    'erasure_pending',
    'The erasure is on record and no answer shows the payload any more, but a long read keeps the old pages in the write-ahead log. They go as soon as it ends; erase again to hear that it is done.',
  )
}

function readOnly(): StoreError {
  return new StoreError('log_read_only', 'The data directory was opened for reading. Nothing was changed.')
}

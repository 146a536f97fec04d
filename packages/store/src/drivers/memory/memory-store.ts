import { createSigner } from '@counterfoil/tlog/node'
import { StoreError } from '../../errors.ts'
import type { EventStore, LogInfo } from '../../event-store.ts'
import { checkLogName, checkOrigin } from '../../log-name.ts'
import { randomBytes } from '../../vault/random.ts'
import { MemoryLog } from './memory-log.ts'
import { memoryActions, memoryCount, memoryFacets, memoryRuns } from './memory-query.ts'

const seedBytes = 32

/**
 * Logs in memory, for tests: everything an `EventStore` promises but that it survives the process. Queries look at
 * every row, so that they can be compared with those of the other drivers.
 */
export class MemoryStore implements EventStore {
  readonly #now: () => number
  readonly #logs = new Map<
    string,
    { readonly info: LogInfo; readonly log: MemoryLog; readonly listeners: Set<(size: number) => void> }
  >()
  #closed = false

  constructor(options: { readonly nowMs?: () => number } = {}) {
    this.#now = options.nowMs ?? Date.now
  }

  async createLog(log: string, options: { origin?: string } = {}): Promise<LogInfo> {
    checkLogName(log)
    if (this.#logs.has(log))
      throw new StoreError('log_exists', `A log called ${log} is there already. Nothing was changed.`)
    const origin = options.origin ?? `counterfoil.local/${randomBytes(8).toString('hex')}`
    checkOrigin(origin)
    if ([...this.#logs.values()].some(({ info }) => info.origin === origin))
      throw new StoreError('log_exists', 'A log of this origin is there already. Nothing was changed.')
    const signer = createSigner(origin, randomBytes(seedBytes))
    const info = { log, origin, vkey: signer.vkey, createdAt: new Date(this.#now()).toISOString() }
    this.#logs.set(log, { info, log: new MemoryLog(origin, signer, this.#now), listeners: new Set() })
    return info
  }

  async logs(): Promise<readonly LogInfo[]> {
    return [...this.#logs.values()].map(({ info }) => info)
  }

  async append(log: string, request: Parameters<EventStore['append']>[1]): ReturnType<EventStore['append']> {
    return this.#change(log, (one) => one.append(request))
  }

  async erase(log: string, request: Parameters<EventStore['erase']>[1]): ReturnType<EventStore['erase']> {
    return this.#change(log, (one) => one.erase(request))
  }

  async stop(log: string, request: Parameters<EventStore['stop']>[1]): ReturnType<EventStore['stop']> {
    return this.#change(log, (one) => one.stop(request))
  }

  async head(log: string): ReturnType<EventStore['head']> {
    return this.#log(log).head()
  }

  async checkpoint(log: string, size: number): Promise<string | undefined> {
    return this.#log(log).checkpoint(size)
  }

  async tile(log: string, level: number, index: number, width: number): Promise<Uint8Array> {
    return this.#log(log).tile(level, index, width)
  }

  async eventById(log: string, eventId: string): ReturnType<EventStore['eventById']> {
    return this.#log(log).eventById(eventId)
  }

  async events(
    log: string,
    from: number,
    limit: number,
    options: { payloads?: boolean } = {},
  ): ReturnType<EventStore['events']> {
    const one = this.#log(log)
    const indexes = Array.from({ length: Math.max(0, Math.min(limit, one.size - from)) }, (_, at) => from + at)
    return indexes.flatMap((index) => one.event(index, options.payloads ?? false) ?? [])
  }

  async runEvents(
    log: string,
    runId: string,
    { from = 0, limit = 1_000, payloads = false }: { from?: number; limit?: number; payloads?: boolean } = {},
  ): ReturnType<EventStore['runEvents']> {
    const one = this.#log(log)
    const indexes = one.runIndexes(runId).filter((index) => index >= from)
    return indexes.slice(0, limit).flatMap((index) => one.event(index, payloads) ?? [])
  }

  async run(log: string, runId: string): ReturnType<EventStore['run']> {
    const run = this.#log(log).rows.runs.get(runId)
    if (run === undefined) return undefined
    const actions = [...run.actions.values()].toSorted((a, b) => a.pk - b.pk).map(({ row }) => row)
    return { run: run.row, actions }
  }

  async runIdsByPrefix(log: string, prefix: string, limit: number): Promise<readonly string[]> {
    const ids = [...this.#log(log).rows.runs.keys()].filter((id) => id.startsWith(prefix))
    return ids.toSorted((a, b) => (a < b ? -1 : 1)).slice(0, limit)
  }

  async runs(log: string, request: Parameters<EventStore['runs']>[1]): ReturnType<EventStore['runs']> {
    const one = this.#log(log)
    return { ...memoryRuns([...one.rows.runs.values()], request), textIndexedThrough: one.size }
  }

  async actions(log: string, request: Parameters<EventStore['actions']>[1]): ReturnType<EventStore['actions']> {
    const one = this.#log(log)
    return { ...memoryActions([...one.rows.runs.values()], request), textIndexedThrough: one.size }
  }

  async countRuns(log: string, request: Parameters<EventStore['countRuns']>[1]): ReturnType<EventStore['countRuns']> {
    return memoryCount([...this.#log(log).rows.runs.values()], request)
  }

  async facets(log: string, request: Parameters<EventStore['facets']>[1]): ReturnType<EventStore['facets']> {
    return memoryFacets([...this.#log(log).rows.runs.values()], request)
  }

  async attributeKeys(log: string): Promise<readonly string[]> {
    const keys = [...this.#log(log).rows.runs.values()].flatMap(({ terms }) =>
      [...terms.values()].map(({ key }) => key),
    )
    const attributes = keys.flatMap((key) => (key.startsWith('attr:') ? [key.slice('attr:'.length)] : []))
    return [...new Set(attributes)].toSorted()
  }

  async rebuild(log: string, onProgress?: (done: number, total: number) => void): Promise<{ readonly events: number }> {
    const result = this.#log(log).rebuild()
    onProgress?.(result.events, result.events)
    return result
  }

  async compareProjections(log: string): ReturnType<EventStore['compareProjections']> {
    return this.#log(log).compareProjections()
  }

  onCommit(log: string, listener: (size: number) => void): () => void {
    const listeners = this.#logs.get(log)?.listeners
    listeners?.add(listener)
    return () => listeners?.delete(listener)
  }

  #log(log: string): MemoryLog {
    return this.#entry(log).log
  }

  #entry(log: string): { readonly log: MemoryLog; readonly listeners: ReadonlySet<(size: number) => void> } {
    if (this.#closed) throw new StoreError('store_closed', 'The store is closed.')
    const entry = this.#logs.get(log)
    if (entry === undefined) throw new StoreError('log_unknown', `There is no log called ${log}.`)
    return entry
  }

  #change<T>(name: string, work: (log: MemoryLog) => T): T {
    const { log, listeners } = this.#entry(name)
    const before = log.size
    const result = work(log)
    if (log.size > before) for (const listener of listeners) listener(log.size)
    return result
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#closed = true
    this.#logs.clear()
  }
}

/** Opens an empty store in memory. `nowMs` is its clock. */
export function createMemoryStore(options: { readonly nowMs?: () => number } = {}): MemoryStore {
  return new MemoryStore(options)
}

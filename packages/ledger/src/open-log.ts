import { limits } from '@counterfoil/schema'
import { explainQuery, formatQuery, parseQuery, type Problem, type Query } from '@counterfoil/schema/query'
import type { Redactor } from '@counterfoil/schema/redact'
import {
  formatTlogProof,
  leafHash,
  makeConsistencyProof,
  makeInclusionProof,
  tilesForConsistency,
  tilesForInclusion,
  type Tile,
  type TileReader,
} from '@counterfoil/tlog'
import { nodeCrypto } from '@counterfoil/tlog/node'
import { StoreError, type LeafEvent, type LogInfo, type SqliteStore } from '@counterfoil/store'
import { runReport, runReportJson, type RunParts } from './answer/run-report.ts'
import { LedgerError } from './errors.ts'
import { readFacetKeys } from './facet-keys.ts'
import { ingest } from './ingest/ingest.ts'
import type { IngestOptions, ListOptions, Log, TailEntry } from './ledger.ts'
import { decodePageCursor, encodePageCursor } from './page-cursor.ts'
import { payloadReport } from './report/payload-report.ts'
import { actionReport, runSummary } from './report/run-summary.ts'
import type { ActionPage, RunPage, RunReport } from './report/run.ts'
import type {
  ConsistencyProof,
  EventReport,
  IngestReport,
  InclusionProof,
  LogReport,
  VerifyReport,
} from './report/log.ts'
import type { StopReport } from './report/stop.ts'
import { stopRun } from './stop-run.ts'
import { tailLog } from './tail.ts'
import { verifyLog } from './verify/verify.ts'

/** How many events of a run are read for its report at once; more are paged. */
const runEventsMax = 2_000

/** {@link Log} on a store. */
export class OpenLog implements Log {
  readonly name: string
  readonly origin: string
  readonly vkey: string
  readonly #store: SqliteStore
  readonly #info: LogInfo
  readonly #redactor: Redactor

  constructor(store: SqliteStore, info: LogInfo, redactor: Redactor) {
    this.#store = store
    this.#info = info
    this.#redactor = redactor
    this.name = info.log
    this.origin = info.origin
    this.vkey = info.vkey
  }

  ingest(body: Uint8Array | string, options: IngestOptions): Promise<IngestReport> {
    return ingest(this.#store, this.name, this.#redactor, body, options, (index, size) =>
      this.inclusionProof(index, size),
    )
  }

  async runs(options: ListOptions): Promise<RunPage> {
    const { query, attributeKeys } = await this.#parse(
      options.query,
      options.facets !== undefined || options.query.includes(':'),
    )
    const keys = options.facets && readFacetKeys(options.facets, attributeKeys)
    const request = this.#pageRequest('runs', query, options)
    const { nowMs } = request
    const page = await this.#store.runs(this.name, request)
    const total = await this.#store.countRuns(this.name, { query, nowMs })
    const facets = keys && (await this.#store.facets(this.name, { query, nowMs, keys }))
    return {
      query: formatQuery(query),
      understood: explainQuery(query),
      runs: page.rows.map(runSummary),
      ...this.#nextOf('runs', query, page.next, nowMs),
      total: { ...total },
      text_indexed_through: page.textIndexedThrough,
      ...(facets !== undefined && {
        facets: facets.map(({ key, counted, values }) => ({
          key,
          counted,
          values: values.map((value) => ({ ...value })),
        })),
      }),
    }
  }

  async actions(options: ListOptions): Promise<ActionPage> {
    const { query } = await this.#parse(options.query)
    const request = this.#pageRequest('actions', query, options)
    const page = await this.#store.actions(this.name, request)
    return {
      query: formatQuery(query),
      understood: explainQuery(query),
      actions: page.rows.map(actionReport),
      ...this.#nextOf('actions', query, page.next, request.nowMs),
      text_indexed_through: page.textIndexedThrough,
    }
  }

  async run(runId: string, options: { from?: number; limit?: number } = {}): Promise<RunReport> {
    return runReport(await this.#runParts(runId, options))
  }

  async runJson(runId: string, options: { from?: number; limit?: number } = {}): Promise<Uint8Array<ArrayBuffer>> {
    return runReportJson(await this.#runParts(runId, options))
  }

  async #runParts(runId: string, options: { from?: number; limit?: number }): Promise<RunParts> {
    const limit = Math.min(options.limit ?? runEventsMax, runEventsMax)
    const { ids, run } = await this.#store.openRun(this.name, runId, options.from ?? 0, limit + 1)
    if (run === undefined) {
      if (ids.length < 2) throw unknownRun(runId)
      const found = ids.map(shownId).join(', ')
      throw new LedgerError(
        'run_ambiguous',
        `Several runs start with ${shownId(runId)}: ${found}, … Give more of the id.`,
      )
    }
    const beyond = run.events[limit]
    const next = beyond === undefined ? undefined : (JSON.parse(beyond.leaf) as LeafEvent).index
    return { ...run, events: run.events.slice(0, limit), next, origin: this.origin }
  }

  async event(eventId: string): Promise<EventReport> {
    const stored = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/.test(eventId)
      ? await this.#store.eventById(this.name, eventId)
      : undefined
    if (stored === undefined) throw new LedgerError('event_unknown', `No event has the id ${shownId(eventId)}.`)
    const head = await this.#store.head(this.name)
    const proof = await this.inclusionProof(stored.index, head.size)
    const text = Buffer.from(stored.leaf).toString('utf8')
    const leaf = JSON.parse(text) as LeafEvent
    const payload = payloadReport(stored, leaf, limits.payloadBytesMax)
    const checkpoint = head.checkpoint ?? ''
    return {
      event: leaf,
      leaf: text,
      ...(payload !== undefined && { payload }),
      ...(stored.summary !== undefined && { summary: String(JSON.parse(stored.summary)) }),
      proof,
      checkpoint,
      tlog_proof: formatTlogProof({
        index: stored.index,
        proof: proof.path.map(fromHex),
        checkpoint,
        extra: stored.leaf,
      }),
    }
  }

  async report(): Promise<LogReport> {
    const head = await this.#store.head(this.name)
    return {
      log: this.name,
      origin: this.origin,
      vkey: this.vkey,
      vkeys: [{ vkey: this.vkey, from: this.#info.createdAt }],
      ...(this.#info.closedAt !== undefined && { closed_at: this.#info.closedAt }),
      size: head.size,
      root: head.root,
      ...(head.checkpoint !== undefined && { checkpoint: head.checkpoint }),
    }
  }

  async checkpoint(): Promise<string | undefined> {
    return (await this.#store.head(this.name)).checkpoint
  }

  async tile(level: number, index: number, width: number): Promise<Uint8Array> {
    const { size } = await this.#store.head(this.name)
    const available = Math.min(256, Math.floor(size / 256 ** level) - index * 256)
    if (width > available) {
      throw new LedgerError(
        'tile_unavailable',
        `Tile ${level}/${index} has ${Math.max(0, available)} hashes now, not ${width}.`,
      )
    }
    return this.#store.tile(this.name, level, index, width)
  }

  async inclusionProof(index: number, size?: number): Promise<InclusionProof> {
    const now = (await this.#store.head(this.name)).size
    const at = size ?? now
    if (!Number.isSafeInteger(index) || !Number.isSafeInteger(at) || index < 0 || index >= at || at > now) {
      throw new LedgerError(
        'proof_unavailable',
        `There is no entry ${index} in a tree of ${at}; the log has ${now} entries.`,
      )
    }
    const readTile = await this.#readTiles(tilesForInclusion(index, at))
    const [event] = await this.#store.events(this.name, index, 1)
    if (event === undefined) throw new LedgerError('proof_unavailable', `There is no entry ${index}.`)
    return {
      index,
      size: at,
      leaf_hash: hex(leafHash(nodeCrypto, event.leaf)),
      path: makeInclusionProof(nodeCrypto, index, at, readTile).map(hex),
    }
  }

  async consistencyProof(from: number, to?: number): Promise<ConsistencyProof> {
    const head = await this.#store.head(this.name)
    const until = to ?? head.size
    if (!Number.isSafeInteger(from) || !Number.isSafeInteger(until) || from < 0 || from > until || until > head.size) {
      throw new LedgerError(
        'proof_unavailable',
        `There is no proof from ${from} to ${until}; the log has ${head.size} entries.`,
      )
    }
    const path =
      from === 0
        ? []
        : makeConsistencyProof(nodeCrypto, from, until, await this.#readTiles(tilesForConsistency(from, until)))
    const kept = until === head.size ? head.checkpoint : await this.#store.checkpoint(this.name, until)
    return { from, to: until, path: path.map(hex), ...(kept !== undefined && { checkpoint: kept }) }
  }

  tail(options: { from: number; signal: AbortSignal }): AsyncIterable<TailEntry> {
    return tailLog(this.#store, this.name, options.from, options.signal)
  }

  async erase(
    target: { runId: string } | { eventId: string },
    by: { actorId: string; reasonCode: string },
  ): Promise<{ events: number; index: number }> {
    try {
      return await this.#store.erase(this.name, { ...target, ...by })
    } catch (error) {
      if (!(error instanceof StoreError) || error.code !== 'not_found') throw error
      throw new LedgerError('runId' in target ? 'run_unknown' : 'event_unknown', error.message, { cause: error })
    }
  }

  stop(runId: string, by: { actorId: string; reasonCode?: string }): Promise<StopReport> {
    return stopRun(this.#store, this.name, this.#redactor, runId, by)
  }

  async witness(checkpoint: string): Promise<'known' | 'behind'> {
    const verdict = await this.#store.witness(this.name, checkpoint)
    if (verdict === 'unsigned')
      throw new LedgerError('body_invalid', 'This is no checkpoint that this log has signed. Nothing was changed.')
    return verdict
  }

  verify(options: { onProgress?: (done: number, total: number) => void } = {}): Promise<VerifyReport> {
    return verifyLog(this.#store, this.#info, options)
  }

  rebuild(options: { onProgress?: (done: number, total: number) => void } = {}): Promise<{ events: number }> {
    return this.#store.rebuild(this.name, options.onProgress)
  }

  async #parse(
    text: string,
    needsAttributes = text.includes(':'),
  ): Promise<{ query: Query; attributeKeys: ReadonlySet<string> }> {
    const attributeKeys = new Set(needsAttributes ? await this.#store.attributeKeys(this.name) : [])
    const { ast, problems } = parseQuery(text, { attributeKeys })
    if (problems.length > 0) throw queryError(problems)
    return { query: ast, attributeKeys }
  }

  #pageRequest(list: 'runs' | 'actions', query: Query, options: ListOptions): PageRequest {
    const limit = options.limit ?? limits.pageItemsDefault
    if (!Number.isSafeInteger(limit) || limit < 1 || limit > limits.pageItemsMax) {
      throw new LedgerError('limit_invalid', `A page has 1 to ${limits.pageItemsMax} items.`)
    }
    if (options.cursor === undefined) return { query, limit, nowMs: Date.now() }
    const { after, nowMs } = decodePageCursor([this.origin, list, formatQuery(query)], options.cursor)
    return { query, limit, nowMs, cursor: after }
  }

  #nextOf(list: 'runs' | 'actions', query: Query, after: string | undefined, nowMs: number): { next?: string } {
    if (after === undefined) return {}
    return { next: encodePageCursor([this.origin, list, formatQuery(query)], { after, nowMs }) }
  }

  /** Reads the tiles of a proof ahead, because making it is synchronous. */
  async #readTiles(tiles: readonly Tile[]): Promise<TileReader> {
    const read = new Map<string, Uint8Array>()
    for (const tile of tiles)
      read.set(`${tile.level}/${tile.index}`, await this.#store.tile(this.name, tile.level, tile.index, tile.width))
    return (tile) => read.get(`${tile.level}/${tile.index}`) ?? new Uint8Array()
  }
}

type PageRequest = Parameters<SqliteStore['runs']>[1]

function queryError(problems: readonly Problem[]): LedgerError {
  return new LedgerError('query_invalid', problems[0]?.message ?? 'The query cannot be read.', { problems })
}

function unknownRun(runId: string): LedgerError {
  return new LedgerError('run_unknown', `No run is called ${shownId(runId)}.`)
}

/** No answer repeats more of what was sent than an id can hold. */
function shownId(id: string): string {
  return id.length <= limits.idCharactersMax ? id : `${id.slice(0, 40)}… (${id.length} characters)`
}

function hex(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString('hex')
}

function fromHex(text: string): Uint8Array {
  return new Uint8Array(Buffer.from(text, 'hex'))
}

import type { DatabaseSync, StatementSync } from 'node:sqlite'
import type { Facet, Head, Page, PageRequest, ProducerRequest, RunCount, StoredEvent } from '../../event-store.ts'
import { producerRow, type ProducerRow } from '../../projection/producer-row.ts'
import type { ProducerState } from '../../projection/producer-state.ts'
import type { ActionRow, RunRow } from '../../projection/rows.ts'
import { actionRow } from '../../projection/action-row.ts'
import type { ActionState } from '../../projection/action-state.ts'
import { runRow, type RunState } from '../../projection/run-state.ts'
import { decodeCursor, encodeCursor } from '../../query/cursor.ts'
import { Vault } from '../../vault/vault.ts'
import { uuidToBytes } from '../../uuid-bytes.ts'
import { eventText, type EventText } from '../../text-words.ts'
import { openDatabase, readerCache } from './database.ts'
import { auditEntries, type EntryAudit } from './entry-audit.ts'
import { readLeafHashes } from './leaf-hashes.ts'
import { facetRuns } from './query-facets.ts'
import { attributeKeys, countRuns, queryActions, queryRuns } from './query-runs.ts'
import { refuseNewer } from './migrate.ts'
import { PayloadReader, type EventRow, type RunEvent } from './payload-reader.ts'
import { edgeFits, lastRecordedMs, readTile } from './start-guards.ts'
import { TextReader } from './text-reader.ts'

export interface LogReaderOptions {
  readonly path: string
  readonly textFolder: string
  readonly origin: string
  readonly vaultKey: Uint8Array
}

/** What {@link LogReader.openRun} found; `run` is there when exactly one run was meant. */
export interface OpenedRun {
  readonly ids: readonly string[]
  readonly run?: {
    /** Rows as they are stored, in JSON: whoever asks parses them once, and they cross threads as one string. */
    readonly rows: string
    readonly events: readonly RunEvent[]
    readonly head: Head
  }
}

/** {@link OpenedRun.run}'s rows, parsed. */
export interface RunRows {
  readonly run: RunRow
  readonly actions: readonly ActionRow[]
}

/** Bodies of one answer, in bytes: a run of huge payloads must not fill the memory. What is beyond is left out. */
const answerBodiesBytesMax = 16 * 1024 * 1024

/** Reads one log on a connection of its own. Each call is one short statement or a few: an open reader would make the WAL grow. */
export class LogReader implements Disposable {
  readonly #database: DatabaseSync
  readonly #origin: string
  readonly #vault: Vault
  readonly #text: TextReader
  readonly #payloads: PayloadReader
  readonly #statements = new Map<string, StatementSync>()

  constructor(options: LogReaderOptions) {
    this.#database = openDatabase(options.path, { readOnly: true })
    try {
      refuseNewer(this.#database, '')
      this.#database.exec(readerCache)
    } catch (error) {
      this.#database.close()
      throw error
    }
    this.#origin = options.origin
    this.#vault = new Vault(options.vaultKey, options.origin)
    this.#payloads = new PayloadReader(this.#database, this.#vault)
    this.#text = new TextReader(options.textFolder)
  }

  head(): Head {
    // One statement, so that size and checkpoint are of the same moment.
    const row = this.#prepared(
      'SELECT size, root, (SELECT note FROM checkpoint ORDER BY size DESC LIMIT 1) AS note FROM head',
    ).get()
    const note = row?.['note'] ?? undefined
    return {
      size: Number(row?.['size'] ?? 0),
      root: Buffer.from((row?.['root'] as Uint8Array | undefined) ?? new Uint8Array()).toString('hex'),
      ...(note !== undefined && { checkpoint: String(note) }),
    }
  }

  /** Whether what the next commit would start from follows from the head; the first thing that does not. */
  writerStateFault(): string | undefined {
    const row = this.#prepared(
      'SELECT size, root, edge, recorded_ms, (SELECT max(idx) FROM event) AS last FROM head',
    ).get()
    if (row === undefined) return 'the head is missing'
    const size = Number(row['size'])
    if (Number(row['last'] ?? -1) >= size) return `entry ${size} lies beyond the head`
    if (!edgeFits(row['edge'] as Uint8Array, size, row['root'] as Uint8Array))
      return `the edge of the tree does not give the root of ${size} entries`
    if (Number(row['recorded_ms']) !== lastRecordedMs(this.#database, size))
      return `entry ${size - 1}: the head says another recorded_at`
    return undefined
  }

  checkpoint(size: number): string | undefined {
    const note = this.#prepared('SELECT note FROM checkpoint WHERE size = ?').get(size)?.['note']
    return note === undefined ? undefined : String(note)
  }

  /** Kept checkpoints in order of size, at most `limit`, larger than `after`. */
  checkpoints(after: number, limit: number): { size: number; note: string }[] {
    return this.#prepared('SELECT size, note FROM checkpoint WHERE size > ? ORDER BY size LIMIT ?')
      .all(after, limit)
      .map((row) => ({ size: Number(row['size']), note: String(row['note']) }))
  }

  tile(level: number, index: number, width: number): Uint8Array {
    return readTile(this.#database, { level, index, width }, this.head().size)
  }

  /** The tiles of a level as they are stored, from `first` on, at most `limit`, for comparison with a rebuild. */
  storedTiles(level: number, first: number, limit: number): { index: number; hashes: Uint8Array }[] {
    return this.#prepared('SELECT n, hashes FROM tile WHERE level = ? AND n >= ? AND n < ? ORDER BY n')
      .all(level, first, first + limit)
      .map((row) => ({ index: Number(row['n']), hashes: row['hashes'] as Uint8Array }))
  }

  /** The first stored tile that a log of its size does not have, as `level/index`. Of leaves, only full tiles are stored. */
  strayTile(): string | undefined {
    const row = this.#snapshot(() =>
      this.#prepared(
        'SELECT level, n FROM tile WHERE level < 0 OR n < 0 OR n * 256 + iif(level = 0, 255, 0) >= ? >> (8 * level) ORDER BY level, n LIMIT 1',
      ).get(this.head().size),
    )
    return row === undefined ? undefined : `${String(row['level'])}/${String(row['n'])}`
  }

  /** See {@link readLeafHashes}. */
  leafHashes(from: number, limit: number): Uint8Array {
    return readLeafHashes(this.#database, from, limit)
  }

  /** Entries and their payloads of one moment; see {@link auditEntries}. */
  auditEntries(page: { from: number; limit: number; recordedAt: string }): EntryAudit {
    return this.#snapshot(() => auditEntries(this.#database, this.#vault, this.#origin, page))
  }

  eventById(eventId: string): StoredEvent | undefined {
    return this.#snapshot(() => {
      const row = this.#prepared('SELECT idx, block, leaf FROM event WHERE event_id = ?').get(uuidToBytes(eventId))
      return row === undefined ? undefined : this.#payloads.stored(row as unknown as EventRow, true)
    })
  }

  events(from: number, limit: number, payloads: boolean): StoredEvent[] {
    return this.#snapshot(() =>
      this.#prepared('SELECT idx, block, leaf FROM event WHERE idx >= ? ORDER BY idx LIMIT ?')
        .all(from, limit)
        .map((row) => this.#payloads.stored(row as unknown as EventRow, payloads)),
    )
  }

  /** Everything that a report of one run needs, of one moment. `ids` are the runs that begin like this, at most two. */
  openRun(start: string, from: number, limit: number): OpenedRun {
    return this.#snapshot(() => {
      const ids = this.runIdsByPrefix(start, 2)
      const id = ids.length === 1 || ids[0] === start ? ids[0] : undefined
      const rows = id === undefined ? undefined : this.#runRows(id)
      if (id === undefined || rows === undefined) return { ids }
      return { ids, run: { rows: JSON.stringify(rows), events: this.#eventTexts(id, from, limit), head: this.head() } }
    })
  }

  #eventTexts(runId: string, from: number, limit: number): RunEvent[] {
    let bytes = 0
    return this.#prepared(
      'SELECT idx, block, CAST(leaf AS TEXT) AS leaf FROM event WHERE run = (SELECT pk FROM run WHERE run_id = ?) AND idx >= ? ORDER BY idx LIMIT ?',
    )
      .all(runId, from, limit)
      .map((row) => {
        const leaf = String(row['leaf'])
        if (bytes >= answerBodiesBytesMax) return { leaf }
        const payload = this.#payloads.payloadText(Number(row['idx']), row['block'] as number | null, leaf)
        bytes += payload?.state === 'present' ? payload.text.length : 0
        return payload === undefined ? { leaf } : { leaf, payload }
      })
  }

  runEvents(runId: string, from: number, limit: number, payloads: boolean): StoredEvent[] {
    let bytes = 0
    return this.#snapshot(() =>
      this.#prepared(
        'SELECT idx, block, leaf FROM event WHERE run = (SELECT pk FROM run WHERE run_id = ?) AND idx >= ? ORDER BY idx LIMIT ?',
      )
        .all(runId, from, limit)
        .map((row) => {
          const stored = this.#payloads.stored(row as unknown as EventRow, payloads && bytes < answerBodiesBytesMax)
          bytes += stored.payload?.state === 'present' ? stored.payload.text.length : 0
          return stored
        }),
    )
  }

  /** Compiled once: that costs more than running such a statement. */
  #prepared(text: string): StatementSync {
    let statement = this.#statements.get(text)
    if (statement === undefined) {
      statement = this.#database.prepare(text)
      this.#statements.set(text, statement)
    }
    return statement
  }

  /** Events and their payloads of one moment: an erasure between the two would look like damage. */
  #snapshot<T>(read: () => T): T {
    this.#database.exec('BEGIN')
    try {
      this.#payloads.refresh()
      return read()
    } finally {
      this.#database.exec('COMMIT')
    }
  }

  /** The searchable texts of events, in index order: for the text index, which trusts the log and checks no commitments. */
  texts(from: number, limit: number): EventText[] {
    return this.#snapshot(() =>
      this.#prepared('SELECT idx, block, CAST(leaf AS TEXT) AS leaf FROM event WHERE idx >= ? ORDER BY idx LIMIT ?')
        .all(from, limit)
        .map((row) => {
          const index = Number(row['idx'])
          const bodies = row['block'] === null ? undefined : this.#payloads.bodies(Number(row['block']))
          return eventText(index, String(row['leaf']), {
            payload: bodies?.get(`${index} payload`)?.bytes,
            summary: bodies?.get(`${index} summary`)?.bytes,
          })
        }),
    )
  }

  run(runId: string): RunRows | undefined {
    return this.#snapshot(() => this.#runRows(runId))
  }

  #runRows(runId: string): RunRows | undefined {
    const row = this.#prepared('SELECT pk, state FROM run JOIN run_state USING (pk) WHERE run_id = ?').get(runId)
    if (row === undefined) return undefined
    const actions = this.#prepared('SELECT state FROM action JOIN action_state USING (pk) WHERE run = ? ORDER BY pk')
      .all(Number(row['pk']))
      .map((action) => actionRow(JSON.parse(String(action['state'])) as ActionState))
    return { run: runRow(JSON.parse(String(row['state'])) as RunState), actions }
  }

  runIdsByPrefix(prefix: string, limit: number): string[] {
    return this.#prepared('SELECT run_id FROM run WHERE run_id >= ? AND run_id < ? ORDER BY run_id LIMIT ?')
      .all(prefix, `${prefix}\u{10ffff}`, limit)
      .map((row) => String(row['run_id']))
  }

  runs(request: PageRequest): Page<RunRow> {
    return {
      ...queryRuns(this.#database, { ...request, textMatches: this.#textMatches }),
      textIndexedThrough: this.#text.indexedThrough(),
    }
  }

  actions(request: PageRequest): Page<ActionRow> {
    return {
      ...queryActions(this.#database, { ...request, textMatches: this.#textMatches }),
      textIndexedThrough: this.#text.indexedThrough(),
    }
  }

  countRuns(request: Pick<PageRequest, 'query' | 'nowMs'>): RunCount {
    return countRuns(this.#database, { ...request, textMatches: this.#textMatches })
  }

  facets(request: Pick<PageRequest, 'query' | 'nowMs'> & { keys: readonly string[] }): readonly Facet[] {
    return facetRuns(this.#database, { ...request, textMatches: this.#textMatches })
  }

  producers({ status, limit, cursor }: ProducerRequest): { rows: ProducerRow[]; next?: string } {
    const order = `producers ${status ?? ''}`
    const before = cursor === undefined ? Number.MAX_SAFE_INTEGER : decodeCursor(order, cursor).pk
    // Says what the partial index of the rare ones says, so that the planner may use it.
    const rare = status === undefined || status === 'stopped' ? '' : `AND status <> 'stopped'`
    const found = this.#prepared(
      `SELECT pk, state FROM producer WHERE pk < ? AND status = ifnull(?, status) ${rare} ORDER BY pk DESC LIMIT ?`,
    ).all(before, status ?? null, limit + 1)
    const page = found.slice(0, limit)
    const last = page.at(-1)
    return {
      rows: page.map(({ state }) => producerRow(JSON.parse(String(state)) as ProducerState)),
      ...(found.length > limit && last && { next: encodeCursor(order, { value: null, pk: Number(last['pk']) }) }),
    }
  }

  attributeKeys(): string[] {
    return attributeKeys(this.#database)
  }

  readonly #textMatches = (expression: string, limit: number): { runs: number[]; complete: boolean } =>
    this.#text.runsMatching(this.#database, expression, limit)

  /** For the text thread, which looks for erasures to follow. */
  get database(): DatabaseSync {
    return this.#database
  }

  [Symbol.dispose](): void {
    this.#text[Symbol.dispose]()
    this.#database.close()
  }
}

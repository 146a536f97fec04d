import {
  createProver,
  equalHashes,
  leafHash,
  openCheckpoint,
  parseTree,
  signCheckpoint,
  TlogError,
  type NoteSigner,
  type Tree,
} from '@counterfoil/tlog'
import { nodeCrypto } from '@counterfoil/tlog/node'
import type { DatabaseSync, StatementSync } from 'node:sqlite'
import { StoreError } from '../../errors.ts'
import type { AppendResult, EraseRequest, StopRequest } from '../../event-store.ts'
import { HeadMemory, placeOf, readRememberedHead } from '../../head-memory.ts'
import { verifierOf } from '../../key-files.ts'
import type { AppendRequest } from '../../prepared-event.ts'
import { hasEnded } from '../../projection/run-state.ts'
import { stopFields, type StopOrder } from '../../projection/stop-order.ts'
import { projectionVersion } from '../../projection/version.ts'
import { endedRun, unknownRun } from '../../run-errors.ts'
import { serverContext, serverEvent } from '../../server-event.ts'
import { uuidToBytes } from '../../uuid-bytes.ts'
import { Vault } from '../../vault/vault.ts'
import { Commit } from './commit.ts'
import { explainIo, openDatabase, storeErrorOf } from './database.ts'
import { migrate } from './migrate.ts'
import { ProjectionTable } from './projection-table.ts'
import { derivedBy, rebuildProjections } from './rebuild.ts'
import { checkHead, checkRememberedHead, rootAt } from './start-guards.ts'
import { TileTable } from './tile-table.ts'
import { VaultTable } from './vault-table.ts'

export interface LogFileOptions {
  /** The database file. */
  readonly path: string
  /** The data directory, as remembered beside the head. */
  readonly data: string
  readonly origin: string
  readonly signer: NoteSigner
  readonly vaultKey: Uint8Array
  /** Where heads are remembered outside the data directory. */
  readonly state: string
  readonly nowMs?: () => number
}

export interface HeadState {
  readonly size: number
  readonly root: Uint8Array
  readonly recordedMs: number
  readonly note: string | undefined
}

/**
 * The one writer of a log. Synchronous: a batch goes in, is on disk, in the tree and signed when {@link commit} returns.
 */
export class LogFile implements Disposable {
  readonly #options: LogFileOptions
  readonly #database: DatabaseSync
  readonly #memory: HeadMemory
  readonly #place: string
  readonly #vault: Vault
  readonly #statements: Record<'putNote' | 'dropNote' | 'putHead', StatementSync>
  readonly #sentKey: Buffer
  #projections: ProjectionTable
  #payloads: VaultTable
  #tiles: TileTable
  #tree: Tree
  #head: HeadState
  #failed: unknown
  #readOnly = false

  constructor(options: LogFileOptions) {
    this.#options = options
    this.#place = placeOf(options.data)
    this.#database = openDatabase(options.path)
    let memory: HeadMemory | undefined
    try {
      // The WAL thread moves pages; a commit never does.
      this.#database.exec('PRAGMA wal_autocheckpoint=0')
      migrate(this.#database, '')
      const verifier = verifierOf(options.signer.vkey)
      this.#head = checkHead(this.#database, options.origin, verifier)
      // The lock first: what is remembered cannot change any more when it is read.
      memory = new HeadMemory(options.state, options.signer.vkey)
      this.#memory = memory
      checkRememberedHead(this.#database, this.#head, readRememberedHead(options.state, options.signer.vkey))
      this.#vault = new Vault(options.vaultKey, options.origin)
      this.#tree = this.#readTree()
      this.#tiles = this.#readTiles()
      this.#sentKey = this.#vault.deriveLogKey('sent')
      this.#statements = {
        putNote: this.#database.prepare('INSERT INTO checkpoint (size, signed_ms, note) VALUES (?, ?, ?)'),
        dropNote: this.#database.prepare('DELETE FROM checkpoint WHERE size = ? AND signed_ms / 1000 = ?'),
        putHead: this.#database.prepare('UPDATE head SET size = ?, root = ?, edge = ?, recorded_ms = ?'),
      }
      this.#projections = new ProjectionTable(this.#database)
      this.#payloads = new VaultTable(this.#database, this.#vault)
      this.#deriveAnewIfNeeded()
    } catch (error) {
      memory?.[Symbol.dispose]()
      this.#database.close()
      throw storeErrorOf(error)
    }
  }

  /** Rows that were derived by the rules of another version say what that version meant; this one means its own. */
  #deriveAnewIfNeeded(): void {
    if (derivedBy(this.#database) === projectionVersion) return
    this.maintain((database, projections) => {
      if (this.#head.size > 0) rebuildProjections(database, projections)
      database.exec(`PRAGMA application_id=${projectionVersion}`)
    })
  }

  get head(): HeadState {
    return this.#head
  }

  get nowMs(): number {
    return (this.#options.nowMs ?? Date.now)()
  }

  /**
   * Stores batches in one transaction, each with its own result. When it returns, every acknowledged event is durable and
   * under the returned checkpoint. When it throws, nothing of any of them is stored.
   */
  commit(requests: readonly AppendRequest[]): AppendResult[] {
    return this.#transaction((commit) => {
      const results = requests.map((request) => commit.append(request))
      return () =>
        results.map((result) => ({ results: result, checkpoint: this.#head.note ?? '', size: this.#head.size }))
    })
  }

  /** Destroys payloads and records it, in one transaction. */
  erase(request: EraseRequest): { events: number; index: number } {
    return this.#transaction((commit) => {
      const { events, fields } = request.runId === undefined ? this.#eraseEvent(request) : this.#eraseRun(request.runId)
      const event = serverEvent('payload_erased', this.nowMs, {
        ...fields,
        actor: { type: 'human', id: request.actorId },
        reason_code: request.reasonCode,
      })
      const [result] = commit.append({ events: [event], context: serverContext })
      if (result === undefined || result.status === 'refused')
        throw new StoreError('io_error', 'The erasure could not be recorded; nothing was erased.')
      return () => ({ events, index: result.index })
    })
  }

  /** Records that a person has stopped a run; answers the first stop when there is one. */
  stop({ runId, actorId, reasonCode }: StopRequest): { order: StopOrder; isNew: boolean } {
    return this.#transaction<{ order: StopOrder; isNew: boolean }>((commit) => {
      const before = this.#projections.runState(runId)
      if (before === undefined) throw unknownRun(runId)
      const { stop: first } = before
      if (first !== undefined) return () => ({ order: first, isNew: false })
      if (hasEnded(before)) throw endedRun(runId)
      const event = serverEvent('decision_overridden', this.nowMs, stopFields(runId, actorId, reasonCode))
      const [result] = commit.append({ events: [event], context: serverContext })
      if (result === undefined || result.status === 'refused' || result.stop === undefined)
        throw new StoreError('io_error', 'The stop could not be recorded; the run was not stopped.')
      const order = result.stop
      return () => ({ order, isNew: true })
    })
  }

  #eraseRun(runId: string): { events: number; fields: Record<string, unknown> } {
    const run = this.#database.prepare('SELECT pk FROM run WHERE run_id = ?').get(runId)
    if (run === undefined) throw new StoreError('not_found', `No run is called ${runId}. Nothing was erased.`)
    const pk = Number(run['pk'])
    this.#database
      .prepare('INSERT OR IGNORE INTO text_erasure (idx) SELECT idx FROM event WHERE run = ? AND block IS NOT NULL')
      .run(pk)
    const { changes } = this.#database
      .prepare('UPDATE event SET block = NULL, sent = NULL WHERE run = ? AND block IS NOT NULL')
      .run(pk)
    this.#payloads.eraseRun(pk)
    return { events: Number(changes), fields: { run_id: runId, attributes: { scope: 'run', events: Number(changes) } } }
  }

  #eraseEvent(request: EraseRequest): { events: number; fields: Record<string, unknown> } {
    const eventId = request.eventId ?? ''
    const row = this.#database
      .prepare(
        'SELECT event.idx, event.block, run.run_id FROM event LEFT JOIN run ON run.pk = event.run WHERE event_id = ?',
      )
      .get(uuidToBytes(eventId))
    if (row === undefined) throw new StoreError('not_found', `No event is called ${eventId}. Nothing was erased.`)
    const index = Number(row['idx'])
    const fields = {
      ...(row['run_id'] === null ? {} : { run_id: String(row['run_id']) }),
      attributes: { scope: 'event', event_id: eventId, events: row['block'] === null ? 0 : 1 },
    }
    if (row['block'] === null) return { events: 0, fields }
    this.#payloads.eraseEvent(Number(row['block']), index)
    this.#database.prepare('UPDATE event SET block = NULL, sent = NULL WHERE idx = ?').run(index)
    this.#database.prepare('INSERT OR IGNORE INTO text_erasure (idx) VALUES (?)').run(index)
    return { events: 1, fields }
  }

  /** Runs `work` on the database in a transaction of its own, for maintenance that adds no events. */
  maintain<T>(work: (database: DatabaseSync, projections: ProjectionTable) => T): T {
    this.#refuseAfterFailure()
    explainIo(() => this.#database.exec('BEGIN IMMEDIATE'))
    try {
      const result = work(this.#database, this.#projections)
      this.#database.exec('COMMIT')
      return result
    } catch (error) {
      this.#rollback(error)
      throw storeErrorOf(error)
    } finally {
      this.#projections.reset()
    }
  }

  /** Proves entry `index` in the tree of the newest head. */
  inclusionProof(index: number): readonly Uint8Array[] {
    return createProver(nodeCrypto, this.#head.size, this.#tiles.read).inclusion(index)
  }

  /**
   * Compares a checkpoint that somebody kept with the log: `known` when the log has it in its history, `behind` when this
   * log signed it and cannot have it in its history, `unsigned` when this log's key did not sign it. After `behind`
   * nothing is written any more.
   */
  witness(note: string): 'known' | 'behind' | 'unsigned' {
    let seen: { readonly size: number; readonly root: Uint8Array }
    try {
      seen = openCheckpoint(note, { origin: this.#options.origin, verifiers: [verifierOf(this.#options.signer.vkey)] })
    } catch (error) {
      if (!(error instanceof TlogError)) throw error
      return 'unsigned'
    }
    const root =
      seen.size > this.#head.size ? undefined : explainIo(() => rootAt(this.#database, seen.size, this.#head.size))
    if (root !== undefined && equalHashes(root, seen.root)) return 'known'
    this.#readOnly = true
    return 'behind'
  }

  #transaction<T>(work: (commit: Commit) => () => T): T {
    this.#refuseAfterFailure()
    if (this.#readOnly) throw contradicted()
    const nowMs = Math.max(this.nowMs, this.#head.recordedMs)
    explainIo(() => this.#database.exec('BEGIN IMMEDIATE'))
    let head: HeadState
    let finish: () => T
    try {
      const tree = this.#tree.clone()
      const commit = new Commit({
        database: this.#database,
        origin: this.#options.origin,
        projections: this.#projections,
        payloads: this.#payloads,
        tiles: this.#tiles,
        logKey: this.#sentKey,
        tree,
        nowMs,
      })
      finish = work(commit)
      if (commit.appended === 0) {
        this.#database.exec('COMMIT')
        return finish()
      }
      const root = commit.flush()
      const note = this.#sign(tree, root, nowMs)
      head = { size: tree.size, root, recordedMs: nowMs, note }
      this.#database.exec('COMMIT')
      this.#tree = tree
    } catch (error) {
      this.#rollback(error)
      throw storeErrorOf(error)
    }
    this.#head = head
    try {
      this.#memory.remember({ origin: this.#options.origin, size: head.size, root: hex(head.root), data: this.#place })
    } catch (error) {
      this.#failed = error
      throw error
    }
    return finish()
  }

  /** A size is signed once, and only when it is larger than every size signed before. */
  #sign(tree: Tree, root: Uint8Array, nowMs: number): string {
    const before = this.#head.size
    if (tree.size <= before)
      throw new StoreError('head_mismatch', `Refused to sign size ${tree.size}: size ${before} is signed already.`)
    const note = signCheckpoint({ origin: this.#options.origin, size: tree.size, root }, [this.#options.signer])
    const { putNote, dropNote, putHead } = this.#statements
    putNote.run(tree.size, nowMs, note)
    // One a second is kept: the one before goes when it was signed in the same second.
    dropNote.run(before, Math.floor(nowMs / 1000))
    putHead.run(tree.size, root, tree.toBytes(), nowMs)
    return note
  }

  /** After a failed transaction the tables are as before; what is in memory is read again. */
  #rollback(cause: unknown): void {
    const known = storeErrorOf(cause)
    // After a failed write or sync nobody knows what the disk holds. It is never tried again: stop, reopen, verify.
    if (known instanceof StoreError && (known.code === 'io_error' || known.code === 'data_invalid'))
      this.#failed = cause
    try {
      if (this.#database.isTransaction) this.#database.exec('ROLLBACK')
      this.#projections.reset()
      this.#payloads.reset()
      this.#tiles = this.#readTiles()
    } catch (error) {
      // A database that cannot even roll back is not written to again: stop, reopen, verify.
      this.#failed ??= error
    }
  }

  #refuseAfterFailure(): void {
    if (this.#failed !== undefined) {
      throw new StoreError(
        'io_error',
        'The log is closed after a disk failure. What was acknowledged is on disk; start again, and the log verifies itself.',
        { cause: this.#failed },
      )
    }
  }

  #readTree(): Tree {
    const edge = this.#database.prepare('SELECT edge FROM head').get()?.['edge']
    return parseTree(nodeCrypto, edge as Uint8Array)
  }

  #readTiles(): TileTable {
    const select = this.#database.prepare('SELECT leaf FROM event WHERE idx = ?')
    return new TileTable(this.#database, this.#head.size, (index) =>
      leafHash(nodeCrypto, select.get(index)?.['leaf'] as Uint8Array),
    )
  }

  [Symbol.dispose](): void {
    this.#memory[Symbol.dispose]()
    this.#database.close()
  }
}

/** What is answered to a write on a log that a checkpoint of its own contradicts. */
export function contradicted(): StoreError {
  return new StoreError(
    'log_read_only',
    'Somebody holds a checkpoint that this log signed and does not have in its history: entries were lost, or the log was forked. Nothing was stored, and nothing will be until the loss is accepted with "counterfoil recover --accept-loss". Reading goes on.',
  )
}

function hex(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString('hex')
}

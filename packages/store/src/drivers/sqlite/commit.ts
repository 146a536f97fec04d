import { limits } from '@counterfoil/schema'
import { leafHash, type Tree } from '@counterfoil/tlog'
import { nodeCrypto } from '@counterfoil/tlog/node'
import type { DatabaseSync, StatementSync } from 'node:sqlite'
import { StoreError } from '../../errors.ts'
import type { Acknowledgement, Refusal } from '../../event-store.ts'
import type { AppendContext, Guard } from '../../prepared-event.ts'
import type { LeafEvent } from '../../projection/leaf.ts'
import { Projector } from '../../projection/projector.ts'
import { hasEnded } from '../../projection/run-state.ts'
import { standingStop, type StopOrder } from '../../projection/stop-order.ts'
import { actionDigestOf, sentMac } from '../../event-mac.ts'
import { conflict, envelopeTooLarge, refusedByGuard, refusedWithOthers, tooLarge } from '../../refusal.ts'
import { leafTail, timeQuality, type ServerPart } from '../../seal.ts'
import { refusalRecord, serverContext } from '../../server-event.ts'
import { uuidToBytes } from '../../uuid-bytes.ts'
import type { LeafArena } from './leaf-arena.ts'
import { packRequest, unpackEvents, type PackedRequest, type WriterEvent } from './packed-events.ts'
import type { PackedResults } from './packed-results.ts'
import type { ProjectionTable } from './projection-table.ts'
import type { TileTable } from './tile-table.ts'
import type { VaultTable } from './vault-table.ts'

export interface CommitParts {
  readonly database: DatabaseSync
  readonly origin: string
  readonly projections: ProjectionTable
  readonly payloads: VaultTable
  readonly tiles: TileTable
  /** Holds the leaves of this commit; those of an earlier one are cleared away. */
  readonly leaves: LeafArena
  /** Judges repeated events that have no erasable key of their own. */
  readonly logKey: Uint8Array
  /** A copy of the tree, which grows when the commit is flushed. */
  readonly tree: Tree
  /** Not before the newest `recorded_at` of the log. */
  readonly nowMs: number
  /** What the clock says: producers' clocks are judged by it. */
  readonly clockMs: number
}

/** The part of an envelope that the writer needs before the leaf exists. */
type Draft = Pick<LeafEvent, 'event_id' | 'event_type' | 'run_id' | 'occurred_at' | 'action' | 'producer'>

/** What was stored by this commit. Its hash is made of what reads back, so it has none yet. */
export interface Stored {
  readonly status: 'stored'
  readonly eventId: string
  readonly index: number
  readonly actionDigest: string | undefined
  readonly stop?: StopOrder
}

export type Outcome = Stored | (Acknowledgement & { readonly status: 'duplicate' }) | Refusal

const hashBytes = 32
/** Leaves that are read back at a time. */
const rereadLeaves = 256

/** One transaction of the writer: what is appended to it becomes durable together, or not at all. */
export class Commit {
  readonly #parts: CommitParts
  readonly #projector: Projector
  readonly #recordedAt: string
  readonly #firstIndex: number
  /** Lower-case hex, of what was read back. */
  readonly #leafHashes: string[] = []
  readonly #statements: Statements

  constructor(parts: CommitParts) {
    this.#parts = parts
    this.#projector = new Projector(parts.projections)
    this.#recordedAt = new Date(parts.nowMs).toISOString()
    this.#firstIndex = parts.tree.size
    this.#statements = statementsOf(parts.database)
    parts.leaves.clear()
  }

  get appended(): number {
    return this.#parts.leaves.count
  }

  /** Stores a batch, or all or nothing of it. What is answered follows after {@link flush}: {@link resultsOf}. */
  append(request: PackedRequest): readonly Outcome[] {
    const events = unpackEvents(request.events)
    if (request.atomic === true) {
      const refusals = this.#preview(events, request)
      if (refusals !== undefined) return refusals
    }
    return events.map((event, position) => this.#store(event, request.context, request.guards?.[position] ?? []))
  }

  /** What is answered to a batch, when the commit is flushed. */
  resultsOf(outcomes: readonly Outcome[]): PackedResults {
    const stored: Stored[] = []
    const others: Record<number, Acknowledgement | Refusal> = {}
    for (const [at, outcome] of outcomes.entries()) {
      if (outcome.status === 'stored') stored.push(outcome)
      else others[at] = outcome
    }
    const actionDigests: Record<number, string> = {}
    const stops: Record<number, StopOrder> = {}
    for (const [at, { actionDigest, stop }] of stored.entries()) {
      if (actionDigest !== undefined) actionDigests[at] = actionDigest
      if (stop !== undefined) stops[at] = stop
    }
    const hashes = Buffer.allocUnsafeSlow(stored.length * hashBytes)
    hashes.write(stored.map(({ index }) => this.#leafHashes[index - this.#firstIndex]).join(''), 'hex')
    return {
      count: outcomes.length,
      eventIds: stored.map(({ eventId }) => eventId).join(' '),
      indexes: Float64Array.from(stored, ({ index }) => index),
      hashes: new Uint8Array(hashes.buffer),
      recordedAt: this.#recordedAt,
      others,
      actionDigests,
      stops,
    }
  }

  /** For an atomic batch: what would refuse any of its events, before one of them is written. */
  #preview(events: readonly WriterEvent[], request: PackedRequest): Refusal[] | undefined {
    const { origin, clockMs } = this.#parts
    const seen = new Map<string, Uint8Array>()
    const drafts = events.map((event): Draft => draftOf(event))
    let index = this.#firstIndex + this.#parts.leaves.count
    const own = events.map((event, position): Refusal | undefined => {
      const draft = drafts[position] ?? draftOf(event)
      const before = seen.get(draft.event_id)
      seen.set(draft.event_id, event.sentDigest)
      if (before !== undefined)
        return Buffer.compare(before, event.sentDigest) === 0 ? undefined : conflict(draft.event_id)
      const known = this.#known(event, draft)
      if (known !== undefined) return known.status === 'refused' ? known : undefined
      const failed = this.#failedGuard(request.guards?.[position] ?? [])
      if (failed !== undefined) return refusedByGuard(draft.event_id, failed)
      return tooLarge(event, draft, { origin, clockMs, index: index++ }, request.context)
    })
    if (own.every((refusal) => refusal === undefined)) return undefined
    for (const [position, draft] of drafts.entries())
      if (own[position]?.code === 'guard_failed') this.#recordRefusal(draft, request.context.keyId)
    return own.map((refusal, position) => refusal ?? refusedWithOthers(drafts[position]?.event_id ?? ''))
  }

  #store(event: WriterEvent, context: AppendContext, guards: readonly Guard[]): Outcome {
    const draft = draftOf(event)
    // An event that is stored has met its guards; what has happened since does not undo its acknowledgement.
    const known = guards.length === 0 ? undefined : this.#known(event, draft)
    if (known !== undefined) return known
    const failed = guards.length === 0 ? undefined : this.#failedGuard(guards)
    if (failed !== undefined) {
      this.#recordRefusal(draft, context.keyId)
      return refusedByGuard(draft.event_id, failed)
    }
    const { projections, payloads, leaves, clockMs, origin } = this.#parts
    const index = this.#firstIndex + leaves.count
    const run = draft.run_id === undefined ? undefined : projections.runPk(draft.run_id)
    const { payload, summary, actionText, redactions } = event
    const sealed = payload && payloads.add(run, index, 'payload', payload)
    const sealedSummary = summary && payloads.add(run, index, 'summary', summary)
    const key = (sealed ?? sealedSummary)?.key
    const actionDigest =
      actionText === undefined || draft.action === undefined
        ? undefined
        : actionDigestOf(key ?? payloads.keyOf(run).key, draft.action.id, actionText)
    const assurance = event.assurance ?? context.assurance
    const server: ServerPart = {
      origin,
      index,
      recordedAt: this.#recordedAt,
      keyId: context.keyId,
      assurance,
      timeQuality: timeQuality(draft.occurred_at, context, clockMs),
      payload: sealed && payload && { commitment: sealed.commitment, size: payload.length },
      summary: sealedSummary && summary && { commitment: sealedSummary.commitment, size: summary.length },
      actionDigest,
    }
    const leaf = leaves.add(event.envelope, leafTail(redactions, server))
    const refusal = leaf.length > limits.envelopeBytesMax ? envelopeTooLarge(draft.event_id, leaf.length) : undefined
    const block = (sealed ?? sealedSummary)?.block ?? null
    const sent = sentMac(key ?? this.#parts.logKey, event.sentDigest)
    if (
      refusal !== undefined ||
      this.#statements.insert.run(index, uuidToBytes(draft.event_id), run ?? null, block, sent, leaf).changes === 0
    ) {
      leaves.drop()
      payloads.drop(run, index)
      if (refusal !== undefined) return refusal
      return this.#known(event, draft) ?? conflict(draft.event_id)
    }
    this.#projector.apply({
      ...draft,
      index,
      recorded_at: this.#recordedAt,
      key_id: context.keyId,
      assurance,
      time_quality: server.timeQuality,
      ...(redactions.length > 0 && { redactions }),
    })
    return { status: 'stored', eventId: draft.event_id, index, actionDigest, ...this.#stopOf(draft.run_id) }
  }

  /** Also for a duplicate: its first acknowledgement may be lost, and the stop is newer than it. */
  #stopOf(runId: string | undefined): { stop?: StopOrder } {
    const stop = runId === undefined ? undefined : standingStop(runId, (id) => this.#projector.runState(id))
    return stop === undefined ? {} : { stop }
  }

  /** The earlier acknowledgement when this very event is stored already, a refusal when another one has its id. */
  #known(event: WriterEvent, draft: Draft): Exclude<Outcome, Stored> | undefined {
    const row = this.#statements.select.get(uuidToBytes(draft.event_id))
    if (row === undefined) return undefined
    const leaf = row['leaf'] as Uint8Array
    const stored = JSON.parse(Buffer.from(leaf).toString('utf8')) as LeafEvent & { action_digest?: string }
    if (row['sent'] !== null) {
      const key = row['block'] === null ? this.#parts.logKey : this.#parts.payloads.keyOfBlock(Number(row['block']))
      if (key === undefined || !sentMac(key, event.sentDigest).equals(row['sent'] as Uint8Array))
        return conflict(draft.event_id)
    }
    return {
      status: 'duplicate',
      eventId: draft.event_id,
      index: Number(row['idx']),
      leafHash: Buffer.from(leafHash(nodeCrypto, leaf)).toString('hex'),
      recordedAt: stored.recorded_at,
      ...(stored.action_digest !== undefined && { actionDigest: stored.action_digest }),
      ...this.#stopOf(stored.run_id),
    }
  }

  #failedGuard(guards: readonly Guard[]): string | undefined {
    for (const guard of guards) {
      if (guard.kind === 'run_open') {
        const state = this.#parts.projections.runState(guard.runId)
        if (state !== undefined && hasEnded(state)) return `run ${guard.runId} has ended`
      } else {
        const present = this.#statements.select.get(uuidToBytes(guard.eventId)) !== undefined
        if (present !== (guard.kind === 'event_present')) {
          return `event ${guard.eventId} is ${present ? 'already' : 'not'} in the log`
        }
      }
    }
    return undefined
  }

  #recordRefusal(draft: Draft, keyId: string): void {
    const refusal = refusalRecord(draft, keyId, this.#parts.nowMs)
    this.append(packRequest({ events: [refusal], context: serverContext }))
  }

  /**
   * Writes blocks and projections, then reads every new leaf back through another statement, compares it with what was to
   * be written, and hashes it: what is signed is what is stored. Returns the new root.
   */
  flush(): Uint8Array {
    const { payloads, projections, tiles, tree } = this.#parts
    payloads.flush()
    projections.write(this.#projector.changes())
    this.#reread()
    tiles.flush(tree.size)
    return tree.root()
  }

  #reread(): void {
    const { leaves, tree, tiles } = this.#parts
    for (let at = 0; at < leaves.count;) {
      const rows = this.#statements.reread.all(this.#firstIndex + at, rereadLeaves) as unknown as [number, Uint8Array][]
      if (rows.length === 0) throw unlikeWritten(this.#firstIndex + at)
      for (const [index, leaf] of rows) {
        if (index !== this.#firstIndex + at || !leaves.equals(at, leaf)) throw unlikeWritten(this.#firstIndex + at)
        const hash = leaves.hashOf(at)
        this.#leafHashes.push(hash)
        tree.append(new Uint8Array(Buffer.from(hash, 'hex')), tiles.sink)
        at += 1
      }
    }
  }
}

function draftOf({ envelope }: WriterEvent): LeafEvent {
  return JSON.parse(Buffer.from(envelope.buffer, envelope.byteOffset, envelope.length).toString('utf8')) as LeafEvent
}

function unlikeWritten(index: number): StoreError {
  return new StoreError(
    'head_mismatch',
    `Entry ${index} does not read back as it was written. Nothing was signed; check memory and disk.`,
  )
}

type Statements = Record<'insert' | 'select' | 'reread', StatementSync>

const prepared = new WeakMap<DatabaseSync, Statements>()

function statementsOf(database: DatabaseSync): Statements {
  let statements = prepared.get(database)
  if (statements === undefined) {
    statements = {
      insert: database.prepare(
        'INSERT OR IGNORE INTO event (idx, event_id, run, block, sent, leaf) VALUES (?, ?, ?, ?, ?, ?)',
      ),
      select: database.prepare('SELECT idx, block, sent, leaf FROM event WHERE event_id = ?'),
      reread: database.prepare('SELECT idx, leaf FROM event WHERE idx >= ? ORDER BY idx LIMIT ?'),
    }
    statements.reread.setReturnArrays(true)
    prepared.set(database, statements)
  }
  return statements
}

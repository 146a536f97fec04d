import { limits } from '@counterfoil/schema'
import { leafHash, type Tree } from '@counterfoil/tlog'
import { nodeCrypto } from '@counterfoil/tlog/node'
import { hash } from 'node:crypto'
import type { DatabaseSync, StatementSync } from 'node:sqlite'
import { StoreError } from '../../errors.ts'
import type { Acknowledgement, Refusal } from '../../event-store.ts'
import type { AppendContext, AppendRequest, Guard, PreparedEvent } from '../../prepared-event.ts'
import type { LeafEvent } from '../../projection/leaf.ts'
import { Projector } from '../../projection/projector.ts'
import { hasEnded } from '../../projection/run-state.ts'
import { standingStop, type StopOrder } from '../../projection/stop-order.ts'
import { actionDigestOf, sentMac } from '../../event-mac.ts'
import { conflict, envelopeTooLarge, refusedByGuard, refusedWithOthers, tooLarge } from '../../refusal.ts'
import { leafText, timeQuality, type ServerPart } from '../../seal.ts'
import { serverContext, serverEvent } from '../../server-event.ts'
import { uuidToBytes } from '../../uuid-bytes.ts'
import type { ProjectionTable } from './projection-table.ts'
import type { TileTable } from './tile-table.ts'
import type { VaultTable } from './vault-table.ts'

export interface CommitParts {
  readonly database: DatabaseSync
  readonly origin: string
  readonly projections: ProjectionTable
  readonly payloads: VaultTable
  readonly tiles: TileTable
  /** Judges repeated events that have no erasable key of their own. */
  readonly logKey: Uint8Array
  /** A copy of the tree, which grows with the commit. */
  readonly tree: Tree
  /** Not before the newest `recorded_at` of the log. */
  readonly nowMs: number
}

/** The part of an envelope that the writer needs before the leaf exists. */
type Draft = Pick<LeafEvent, 'event_id' | 'event_type' | 'run_id' | 'occurred_at' | 'action'>

/** One transaction of the writer: what is appended to it becomes durable together, or not at all. */
export class Commit {
  readonly #parts: CommitParts
  readonly #projector: Projector
  readonly #recordedAt: string
  readonly #firstIndex: number
  /** Lower-case hex, of what was written. */
  readonly #leafHashes: string[] = []
  readonly #statements: Record<'insert' | 'select' | 'reread', StatementSync>

  constructor(parts: CommitParts) {
    this.#parts = parts
    this.#projector = new Projector(parts.projections)
    this.#recordedAt = new Date(parts.nowMs).toISOString()
    this.#firstIndex = parts.tree.size
    this.#statements = statementsOf(parts.database)
  }

  get appended(): number {
    return this.#leafHashes.length
  }

  append(request: AppendRequest): (Acknowledgement | Refusal)[] {
    if (request.atomic === true) {
      const refusals = this.#preview(request)
      if (refusals !== undefined) return refusals
    }
    return request.events.map((event, position) =>
      this.#store(event, request.context, request.guards?.[position] ?? []),
    )
  }

  /** For an atomic batch: what would refuse any of its events, before one of them is written. */
  #preview(request: AppendRequest): (Acknowledgement | Refusal)[] | undefined {
    const seen = new Map<string, string>()
    const own = request.events.map((event, position): Refusal | undefined => {
      const draft = JSON.parse(event.envelope) as Draft
      const before = seen.get(draft.event_id)
      seen.set(draft.event_id, event.sentDigest)
      if (before !== undefined && before !== event.sentDigest) return conflict(draft.event_id)
      const failed = this.#failedGuard(request.guards?.[position] ?? [])
      if (failed !== undefined) return refusedByGuard(draft.event_id, failed)
      const duplicate = this.#known(event, draft)
      if (duplicate?.status === 'refused') return duplicate
      return tooLarge(event, draft.event_id, request.context)
    })
    if (own.every((refusal) => refusal === undefined)) return undefined
    return own.map(
      (refusal, position) =>
        refusal ?? refusedWithOthers((JSON.parse(request.events[position]?.envelope ?? '{}') as Draft).event_id),
    )
  }

  #store(event: PreparedEvent, context: AppendContext, guards: readonly Guard[]): Acknowledgement | Refusal {
    const draft = JSON.parse(event.envelope) as LeafEvent
    const failed = guards.length === 0 ? undefined : this.#failedGuard(guards)
    if (failed !== undefined) {
      this.#recordRefusal(draft)
      return refusedByGuard(draft.event_id, failed)
    }
    const { tree, projections, payloads, nowMs, origin } = this.#parts
    const index = tree.size
    const run = draft.run_id === undefined ? undefined : projections.runPk(draft.run_id)
    const payload = event.payload === undefined ? undefined : Buffer.from(event.payload, 'utf8')
    const summary = event.summary === undefined ? undefined : Buffer.from(event.summary, 'utf8')
    const sealed = payload && payloads.add(run, index, 'payload', payload)
    const sealedSummary = summary && payloads.add(run, index, 'summary', summary)
    const key = (sealed ?? sealedSummary)?.key
    const actionDigest = actionDigestOf(event, draft.action?.id, () => key ?? payloads.keyOf(run).key)
    const server: ServerPart = {
      origin,
      index,
      recordedAt: this.#recordedAt,
      keyId: context.keyId,
      assurance: event.assurance ?? context.assurance,
      timeQuality: timeQuality(draft.occurred_at, context, nowMs),
      ...(sealed && payload && { payload: { commitment: sealed.commitment, size: payload.length } }),
      ...(sealedSummary && summary && { summary: { commitment: sealedSummary.commitment, size: summary.length } }),
      ...(actionDigest !== undefined && { actionDigest }),
    }
    const leaf = Buffer.from(leafText(event, server), 'utf8')
    const refusal = leaf.length > limits.envelopeBytesMax ? envelopeTooLarge(draft.event_id, leaf.length) : undefined
    const block = (sealed ?? sealedSummary)?.block ?? null
    const sent = sentMac(key ?? this.#parts.logKey, event.sentDigest)
    if (
      refusal !== undefined ||
      this.#statements.insert.run(index, uuidToBytes(draft.event_id), run ?? null, block, sent, leaf).changes === 0
    ) {
      payloads.drop(run, index)
      if (refusal !== undefined) return refusal
      return this.#known(event, draft) ?? conflict(draft.event_id)
    }
    const leafDigest = leafHash(nodeCrypto, leaf)
    const leafHex = hexOf(leafDigest)
    tree.append(leafDigest, this.#parts.tiles.sink)
    this.#leafHashes.push(leafHex)
    this.#projector.apply({
      ...draft,
      index,
      recorded_at: this.#recordedAt,
      key_id: context.keyId,
      assurance: event.assurance ?? context.assurance,
      time_quality: server.timeQuality,
      ...(event.redactions.length > 0 && { redactions: event.redactions }),
    })
    return {
      status: 'stored',
      eventId: draft.event_id,
      index,
      leafHash: leafHex,
      recordedAt: this.#recordedAt,
      ...(actionDigest !== undefined && { actionDigest }),
      ...this.#stopOf(draft.run_id),
    }
  }

  /** Also for a duplicate: its first acknowledgement may be lost, and the stop is newer than it. */
  #stopOf(runId: string | undefined): { stop?: StopOrder } {
    const stop = runId === undefined ? undefined : standingStop(runId, (id) => this.#projector.runState(id))
    return stop === undefined ? {} : { stop }
  }

  /** The earlier acknowledgement when this very event is stored already, a refusal when another one has its id. */
  #known(event: PreparedEvent, draft: Draft): Acknowledgement | Refusal | undefined {
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
      leafHash: hexOf(leafHash(nodeCrypto, leaf)),
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

  #recordRefusal(draft: LeafEvent): void {
    const refusal = serverEvent('event_refused', this.#parts.nowMs, {
      ...(draft.run_id !== undefined && { run_id: draft.run_id }),
      reason_code: 'guard_failed',
      attributes: { refused_event_id: draft.event_id, refused_type: draft.event_type },
    })
    this.#store(refusal, serverContext, [])
  }

  /**
   * Writes blocks, tiles and projections, then reads every new leaf back through another statement and recomputes its
   * hash: what is signed is what is stored. Returns the new root.
   */
  flush(): Uint8Array {
    const { payloads, projections, tiles, tree } = this.#parts
    payloads.flush()
    projections.write(this.#projector.changes())
    tiles.flush(tree.size)
    let at = 0
    // As text, which costs a fraction of what blobs cost: bytes that are not the UTF-8 that was written give another hash.
    for (const row of this.#statements.reread.iterate(this.#firstIndex)) {
      if (
        Number(row['idx']) !== this.#firstIndex + at ||
        hash('sha256', `\0${String(row['text'])}`) !== this.#leafHashes[at]
      ) {
        throw new StoreError(
          'head_mismatch',
          `Entry ${this.#firstIndex + at} does not read back as it was written. Nothing was signed; check memory and disk.`,
        )
      }
      at += 1
    }
    if (at !== this.#leafHashes.length)
      throw new StoreError(
        'head_mismatch',
        'Written entries do not read back. Nothing was signed; check memory and disk.',
      )
    return tree.root()
  }
}

const prepared = new WeakMap<DatabaseSync, Record<'insert' | 'select' | 'reread', StatementSync>>()

function statementsOf(database: DatabaseSync): Record<'insert' | 'select' | 'reread', StatementSync> {
  let statements = prepared.get(database)
  if (statements === undefined) {
    statements = {
      insert: database.prepare(
        'INSERT OR IGNORE INTO event (idx, event_id, run, block, sent, leaf) VALUES (?, ?, ?, ?, ?, ?)',
      ),
      select: database.prepare('SELECT idx, block, sent, leaf FROM event WHERE event_id = ?'),
      reread: database.prepare('SELECT idx, CAST(leaf AS TEXT) AS text FROM event WHERE idx >= ? ORDER BY idx'),
    }
    prepared.set(database, statements)
  }
  return statements
}

function hexOf(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString('hex')
}

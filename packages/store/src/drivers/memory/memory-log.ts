import { limits } from '@counterfoil/schema'
import { createTree, hashBytes, leafHash, signCheckpoint, tileWidth, type NoteSigner } from '@counterfoil/tlog'
import { nodeCrypto } from '@counterfoil/tlog/node'
import { StoreError } from '../../errors.ts'
import { actionDigestOf, sentMac } from '../../event-mac.ts'
import type {
  Acknowledgement,
  AppendResult,
  EraseRequest,
  Head,
  ProjectionDifference,
  Refusal,
  StoredEvent,
  StoredPayload,
} from '../../event-store.ts'
import type { AppendContext, AppendRequest, Guard, PreparedEvent } from '../../prepared-event.ts'
import type { LeafEvent } from '../../projection/leaf.ts'
import { Projector } from '../../projection/projector.ts'
import { hasEnded } from '../../projection/run-state.ts'
import { standingStop, type StopOrder } from '../../projection/stop-order.ts'
import { conflict, envelopeTooLarge, refusedByGuard, refusedWithOthers, tooLarge } from '../../refusal.ts'
import { recordingMs } from '../../recording-clock.ts'
import { leafText, timeQuality } from '../../seal.ts'
import { refusalRecord, serverContext, serverEvent } from '../../server-event.ts'
import { covers, openedPayload } from '../../stored-payload.ts'
import { eventText } from '../../text-words.ts'
import { randomBytes } from '../../vault/random.ts'
import { commitmentOf, type VaultEntry } from '../../vault/vault.ts'
import { bodiesOf } from './memory-bodies.ts'
import { compareMemoryRows } from './memory-comparison.ts'
import { MemoryRows } from './memory-rows.ts'
import { splitWords } from './memory-text.ts'

const keyBytes = 32

interface Entry {
  readonly leaf: Buffer
  readonly event: LeafEvent & { readonly action_digest?: string }
  /** Emptied by erasure. */
  bodies: VaultEntry[]
  sent: { readonly key: Uint8Array; readonly mac: Buffer } | undefined
}

/** What the clock says, and what is recorded: see `recordingMs`. */
interface Time {
  readonly clockMs: number
  readonly nowMs: number
}

/** One log in memory: the semantics of a stored one, without files. */
export class MemoryLog {
  readonly origin: string
  readonly #signer: NoteSigner
  readonly #now: () => number
  readonly #entries: Entry[] = []
  readonly #indexById = new Map<string, number>()
  readonly #tree = createTree(nodeCrypto)
  /** Hashes by tile level: those of the leaves, of full tiles, and so on. */
  readonly #hashes: Uint8Array[][] = []
  readonly #keys = new Map<string, Buffer>()
  readonly #logKey = randomBytes(keyBytes)
  readonly #notes = new Map<number, { readonly note: string; readonly signedMs: number }>()
  #recordedMs = 0
  #rows = new MemoryRows()
  #projector = new Projector(this.#rows)

  constructor(origin: string, signer: NoteSigner, now: () => number) {
    this.origin = origin
    this.#signer = signer
    this.#now = now
  }

  get rows(): MemoryRows {
    return this.#rows
  }

  /** When something that is stored now is recorded. */
  get nowMs(): number {
    return this.#time().nowMs
  }

  get size(): number {
    return this.#entries.length
  }

  append(request: AppendRequest): AppendResult {
    const time = this.#time()
    const refused = request.atomic === true ? this.#preview(request, time) : undefined
    const results =
      refused ??
      request.events.map((event, position) =>
        this.#store(event, request.context, request.guards?.[position] ?? [], time),
      )
    return { results, checkpoint: this.#commit(time), size: this.size }
  }

  #time(): Time {
    const clockMs = this.#now()
    return { clockMs, nowMs: recordingMs(clockMs, this.#recordedMs) }
  }

  #preview(request: AppendRequest, time: Time): Refusal[] | undefined {
    const seen = new Map<string, string>()
    let fresh = 0
    const own = request.events.map((event, position): Refusal | undefined => {
      const draft = JSON.parse(event.envelope) as LeafEvent
      const { event_id: eventId } = draft
      const before = seen.get(eventId)
      seen.set(eventId, event.sentDigest)
      if (before !== undefined) return before === event.sentDigest ? undefined : conflict(eventId)
      const known = this.#known(event, eventId)
      if (known !== undefined) return known.status === 'refused' ? known : undefined
      const failed = this.#failedGuard(request.guards?.[position] ?? [])
      if (failed !== undefined) return refusedByGuard(eventId, failed)
      const place = { origin: this.origin, clockMs: time.clockMs, index: this.size + fresh }
      fresh += 1
      return tooLarge(event, draft, place, request.context)
    })
    if (own.every((refusal) => refusal === undefined)) return undefined
    request.events.forEach((event, position) => {
      if (own[position]?.code === 'guard_failed')
        this.#recordRefusal(JSON.parse(event.envelope) as LeafEvent, request.context.keyId, time)
    })
    return own.map(
      (refusal, at) =>
        refusal ?? refusedWithOthers((JSON.parse(request.events[at]?.envelope ?? '{}') as LeafEvent).event_id),
    )
  }

  #store(
    event: PreparedEvent,
    context: AppendContext,
    guards: readonly Guard[],
    time: Time,
  ): Acknowledgement | Refusal {
    const draft = JSON.parse(event.envelope) as LeafEvent
    const { event_id: eventId, run_id: runId } = draft
    const known = this.#known(event, eventId)
    if (known !== undefined) return known
    const failed = this.#failedGuard(guards)
    if (failed !== undefined) {
      this.#recordRefusal(draft, context.keyId, time)
      return refusedByGuard(eventId, failed)
    }
    const index = this.size
    const key = this.#keyOf(runId, eventId)
    const bodies = bodiesOf(event, index)
    const sealed = (kind: VaultEntry['kind']): { commitment: string; size: number } | undefined => {
      const body = bodies.find((one) => one.kind === kind)
      return body && { commitment: commitmentOf(body.salt, body.bytes), size: body.bytes.length }
    }
    const [payload, summary] = [sealed('payload'), sealed('summary')]
    const actionDigest =
      event.actionText === undefined || draft.action === undefined
        ? undefined
        : actionDigestOf(key, draft.action.id, Buffer.from(event.actionText, 'utf8'))
    const recordedAt = new Date(time.nowMs).toISOString()
    const text = leafText(event, {
      origin: this.origin,
      index,
      recordedAt,
      keyId: context.keyId,
      assurance: event.assurance ?? context.assurance,
      timeQuality: timeQuality(draft.occurred_at, context, time.clockMs),
      ...(payload && { payload }),
      ...(summary && { summary }),
      ...(actionDigest !== undefined && { actionDigest }),
    })
    const leaf = Buffer.from(text, 'utf8')
    if (leaf.length > limits.envelopeBytesMax) return envelopeTooLarge(eventId, leaf.length)
    if (runId !== undefined) this.#rows.numberOf(runId)
    const entry: Entry = {
      leaf,
      event: JSON.parse(text) as LeafEvent,
      bodies,
      sent: { key: bodies.length > 0 ? key : this.#logKey, mac: Buffer.alloc(0) },
    }
    entry.sent = entry.sent && {
      key: entry.sent.key,
      mac: sentMac(entry.sent.key, Buffer.from(event.sentDigest, 'hex')),
    }
    this.#entries.push(entry)
    this.#indexById.set(eventId, index)
    const hash = leafHash(nodeCrypto, leaf)
    this.#tree.append(hash, (level, position, tileHash) => ((this.#hashes[level] ??= [])[position] = tileHash))
    this.#projector.apply(entry.event)
    return {
      status: 'stored',
      eventId,
      index,
      leafHash: Buffer.from(hash).toString('hex'),
      recordedAt,
      ...(actionDigest !== undefined && { actionDigest }),
      ...this.#stopOf(runId),
    }
  }

  #recordRefusal(draft: LeafEvent, keyId: string, time: Time): void {
    this.#store(refusalRecord(draft, keyId, time.nowMs), serverContext, [], time)
  }

  #stopOf(runId: string | undefined): { stop?: StopOrder } {
    const stop = runId === undefined ? undefined : standingStop(runId, (id) => this.#projector.runState(id))
    return stop === undefined ? {} : { stop }
  }

  /** The data key of a run; of one event when it has no run. */
  #keyOf(runId: string | undefined, eventId: string): Buffer {
    const owner = runId === undefined ? `event ${eventId}` : `run ${runId}`
    const key = this.#keys.get(owner) ?? randomBytes(keyBytes)
    this.#keys.set(owner, key)
    return key
  }

  #known(event: PreparedEvent, eventId: string): Acknowledgement | Refusal | undefined {
    const index = this.#indexById.get(eventId)
    const entry = index === undefined ? undefined : this.#entries[index]
    if (index === undefined || entry === undefined) return undefined
    if (
      entry.sent !== undefined &&
      !sentMac(entry.sent.key, Buffer.from(event.sentDigest, 'hex')).equals(entry.sent.mac)
    )
      return conflict(eventId)
    const { recorded_at: recordedAt, action_digest: actionDigest, run_id: runId } = entry.event
    const hash = Buffer.from(leafHash(nodeCrypto, entry.leaf)).toString('hex')
    return {
      status: 'duplicate',
      eventId,
      index,
      leafHash: hash,
      recordedAt,
      ...(actionDigest !== undefined && { actionDigest }),
      ...this.#stopOf(runId),
    }
  }

  #failedGuard(guards: readonly Guard[]): string | undefined {
    for (const guard of guards) {
      if (guard.kind === 'run_open') {
        const state = this.#projector.runState(guard.runId)
        if (state !== undefined && hasEnded(state)) return `run ${guard.runId} has ended`
      } else {
        const present = this.#indexById.has(guard.eventId)
        if (present !== (guard.kind === 'event_present'))
          return `event ${guard.eventId} is ${present ? 'already' : 'not'} in the log`
      }
    }
    return undefined
  }

  /** Writes what the events since the last commit changed, and signs. A size is signed once. */
  #commit({ nowMs, clockMs }: Time): string {
    const { size } = this
    const newest = [...this.#notes].at(-1)
    if (newest?.[0] === size || size === 0) return newest?.[1].note ?? ''
    this.#rows.write(this.#projector.changes())
    this.#projector = new Projector(this.#rows)
    for (let index = newest?.[0] ?? 0; index < size; index += 1) this.#indexText(index)
    this.#recordedMs = nowMs
    const note = signCheckpoint({ origin: this.origin, size, root: this.#tree.root(), extensions: [] }, [this.#signer])
    // One a second is kept.
    if (newest !== undefined && Math.floor(newest[1].signedMs / 1000) === Math.floor(clockMs / 1000))
      this.#notes.delete(newest[0])
    this.#notes.set(size, { note, signedMs: clockMs })
    return note
  }

  #indexText(index: number): void {
    const stored = this.event(index, true)
    const runId = this.#entries[index]?.event.run_id
    if (stored === undefined || runId === undefined) return
    const { part, words } = eventText(index, Buffer.from(stored.leaf).toString('utf8'), {
      payload: stored.payload?.state === 'present' ? Buffer.from(stored.payload.text, 'utf8') : undefined,
      summary: stored.summary === undefined ? undefined : Buffer.from(stored.summary, 'utf8'),
    })
    if (words !== '') this.#rows.runs.get(runId)?.texts.push({ index, part, words: splitWords(words) })
  }

  erase(request: EraseRequest): { events: number; index: number } {
    const { runId, eventId } = request
    const time = this.#time()
    const erased = runId === undefined ? this.#ofEvent(eventId ?? '') : this.#ofRun(runId)
    const held = erased.filter(({ bodies }) => bodies.length > 0)
    for (const entry of held) {
      entry.bodies = []
      entry.sent = undefined
      const run = this.#rows.runs.get(entry.event.run_id ?? '')
      const at = run?.texts.findIndex(({ index }) => index === entry.event.index) ?? -1
      if (at >= 0) run?.texts.splice(at, 1)
    }
    if (runId !== undefined) this.#keys.delete(`run ${runId}`)
    const ownRun = runId ?? erased[0]?.event.run_id
    const record = serverEvent('payload_erased', time.nowMs, {
      ...(ownRun !== undefined && { run_id: ownRun }),
      attributes: {
        scope: runId === undefined ? 'event' : 'run',
        ...(runId === undefined && { event_id: eventId }),
        events: held.length,
      },
      actor: { type: 'human', id: request.actorId },
      reason_code: request.reasonCode,
    })
    const [result] = this.append({ events: [record], context: serverContext }).results
    if (result === undefined || result.status === 'refused')
      throw new StoreError('io_error', 'The erasure could not be recorded.')
    return { events: held.length, index: result.index }
  }

  #ofRun(runId: string): Entry[] {
    if (!this.#rows.runs.has(runId)) throw new StoreError('not_found', `No run is called ${runId}. Nothing was erased.`)
    return this.#entries.filter(({ event }) => event.run_id === runId)
  }

  #ofEvent(eventId: string): Entry[] {
    const entry = this.#entries[this.#indexById.get(eventId) ?? -1]
    if (entry === undefined) throw new StoreError('not_found', `No event is called ${eventId}. Nothing was erased.`)
    return [entry]
  }

  head(): Head {
    const note = [...this.#notes.values()].at(-1)?.note
    return {
      size: this.size,
      root: Buffer.from(this.#tree.root()).toString('hex'),
      ...(note !== undefined && { checkpoint: note }),
    }
  }

  checkpoint(size: number): string | undefined {
    return this.#notes.get(size)?.note
  }

  tile(level: number, index: number, width: number): Uint8Array {
    const from = index * tileWidth
    const hashes = (this.#hashes[level] ?? []).slice(from, from + Math.min(width, tileWidth))
    const bytes = new Uint8Array(hashes.length * hashBytes)
    hashes.forEach((hash, at) => bytes.set(hash, at * hashBytes))
    return bytes
  }

  event(index: number, payloads: boolean): StoredEvent | undefined {
    const entry = this.#entries[index]
    if (entry === undefined) return undefined
    const { event, bodies } = entry
    const stored = { index, leaf: new Uint8Array(entry.leaf) }
    if (!payloads) return stored
    const opened = (kind: VaultEntry['kind'], commitment: string): StoredPayload =>
      bodies.length === 0
        ? { state: this.#isErased(event) ? 'erased' : 'missing' }
        : openedPayload(
            bodies.find((one) => one.kind === kind),
            commitment,
          )
    const summary = event.summary && opened('summary', event.summary.commitment)
    return {
      ...stored,
      ...(event.payload && { payload: opened('payload', event.payload.commitment) }),
      ...(summary && (summary.state === 'present' ? { summary: summary.text } : { summaryState: summary.state })),
    }
  }

  #isErased(event: LeafEvent): boolean {
    return this.#entries
      .slice(event.index + 1)
      .some(({ event: later }) => later.event_type === 'payload_erased' && covers(later, event))
  }

  eventById(eventId: string): StoredEvent | undefined {
    return this.event(this.#indexById.get(eventId) ?? -1, true)
  }

  runIndexes(runId: string): number[] {
    return this.#entries.flatMap(({ event }) => (event.run_id === runId ? [event.index] : []))
  }

  /** Derives rows from the leaves alone. */
  #derive(): MemoryRows {
    const rows = new MemoryRows()
    for (const { event } of this.#entries) if (event.run_id !== undefined) rows.numberOf(event.run_id)
    const projector = new Projector(rows)
    for (const { leaf } of this.#entries) projector.apply(JSON.parse(leaf.toString('utf8')) as LeafEvent)
    rows.write(projector.changes())
    return rows
  }

  rebuild(): { events: number } {
    this.#rows = this.#derive()
    this.#projector = new Projector(this.#rows)
    for (let index = 0; index < this.size; index += 1) this.#indexText(index)
    return { events: this.size }
  }

  compareProjections(): { compared: number; differences: ProjectionDifference[] } {
    return compareMemoryRows(this.#rows, this.#derive())
  }
}

import { randomBytes } from 'node:crypto'
import { hostname } from 'node:os'
import type { Redactor } from '@counterfoil/schema/redact'
import { RecorderError } from '../errors.ts'
import { adoptLeftOvers, type LeftOvers } from '../spool/left-overs.ts'
import { Spool } from '../spool/spool.ts'
import type { Transport } from '../transport/transport.ts'
import { LogWitness } from '../witness/log-witness.ts'
import { DeadLetterBox } from './dead-letter-box.ts'
import { Delivery } from './delivery.ts'
import { Entry, type EntryHost } from './entry.ts'
import { createEventIds } from './event-ids.ts'
import { Flushers } from './flushers.ts'
import { Frames } from './frames.ts'
import { Journal } from './journal.ts'
import type { DraftEvent, Outbox, OutboxProblem, OutboxState, Recorded, StopOrder } from './outbox.ts'
import { Problems } from './problems.ts'
import { sealAnyway } from './seal-anyway.ts'
import { sealEvent } from './seal.ts'
import { SpoolWriter } from './spool-writer.ts'

export interface OutboxOptions {
  readonly transport: Transport
  /** Folder of the spool; several processes may share it. */
  readonly spool: string
  readonly redactor: Redactor
  /** Bytes of this process's events on disk. Default 1 GiB. */
  readonly spoolBytesMax?: number | undefined
  /** When there is no room in the spool, `spooled` waits for it (`block`, the default) or rejects with `spool_full`. */
  readonly whenFull?: 'block' | 'fail' | undefined
  /** Verifier key that the log must have; otherwise that of the first contact is remembered. */
  readonly logKey?: string | undefined
  /** How long closing waits for the log before it leaves the rest to the spool. Default 10 s. */
  readonly closeWithinMs?: number | undefined
  /** Told of a run that a person has stopped, whenever the log says so. */
  readonly onStop?: ((runId: string, stop: StopOrder) => void) | undefined
  /** Default: one line on standard error for each kind of problem. */
  readonly onProblem?: ((problem: OutboxProblem) => void) | undefined
}

const spoolBytesMaxDefault = 1024 ** 3
const closeWithinMsDefault = 10_000
/** What waits in memory for the spool; beyond either, recording itself refuses. */
const queueEventsMax = 100_000
const queueCharactersMax = 64 * 1024 * 1024
/** Several times what any log takes, as one event. */
const eventCharactersMax = 4 * 1024 * 1024
/** How many events are sealed before others get their turn on this thread. */
const sealedAtOnce = 128
const adoptEveryMs = 60_000

const schemaVersion = '1.0'

/** The outbox of this process. @throws RecorderError `spool_unwritable`, `options_invalid` */
export function createOutbox(options: OutboxOptions): Outbox {
  return new SpooledOutbox(options)
}

class SpooledOutbox implements Outbox, EntryHost {
  readonly instance = `${toWord(hostname())}-${process.pid}-${randomBytes(6).toString('hex')}`
  readonly #options: OutboxOptions
  readonly #problems: Problems
  readonly #spool: Spool
  readonly #journal: Journal
  readonly #writer: SpoolWriter
  readonly #witness: LogWitness
  readonly #deadLetters: DeadLetterBox
  readonly #delivery: Delivery
  readonly #frames: Frames
  readonly #flushers: Flushers
  readonly #nextId = createEventIds()
  readonly #leftOvers: LeftOvers[] = []
  readonly #onExit = (): void => this.#leave()
  readonly #onBeforeExit = (): void => void this.#sayGoodbye()
  readonly #adopting: NodeJS.Timeout
  /** Recorded and not sealed yet. */
  #unsealed: Entry[] = []
  #unsealedCharacters = 0
  #seq = 0
  #isScheduled = false
  #isClosed = false
  #closing: Promise<void> | undefined

  constructor(options: OutboxOptions) {
    const { spool: root, transport, spoolBytesMax: bytesMax = spoolBytesMaxDefault } = options
    const { instance } = this
    const { destination, place } = transport
    this.#options = options
    this.#problems = new Problems(options.onProblem)
    this.#spool = new Spool({ root, instance, destination: { destination, place }, bytesMax })
    this.#journal = new Journal(this.#spool)
    this.#writer = new SpoolWriter({
      spool: this.#spool,
      journal: this.#journal,
      problems: this.#problems,
      failsWhenFull: options.whenFull === 'fail',
      isNeeded: () => !transport.isLocal || this.#problems.delivery !== undefined || this.#isClosed,
      isLogQuick: () => this.#delivery.isWorking,
    })
    this.#witness = new LogWitness(root, transport, options.logKey)
    this.#deadLetters = new DeadLetterBox({
      root,
      instance,
      problems: this.#problems,
      record: (draft) => this.#take(draft),
    })
    this.#delivery = new Delivery({
      transport,
      witness: this.#witness,
      journal: this.#journal,
      leftOvers: this.#leftOvers,
      problems: this.#problems,
      onConnected: () => this.#nameLog(),
      onStop: (runId, stop) => runId !== undefined && options.onStop?.(runId, stop),
      onRefused: (refusals) => this.#deadLetters.keep(refusals, this.#ownDestination()),
      onChange: () => {
        this.#writer.write()
        this.#flushers.settle()
      },
      onKeep: () => this.#keep(),
    })
    this.#flushers = new Flushers(this.#journal, this.#delivery, this.#problems)
    this.#frames = new Frames((draft) => void this.#take(draft))
    if (!transport.isLocal) this.#spool.prepare()
    this.#adopt()
    this.#adopting = setInterval(() => this.#maintain(), adoptEveryMs)
    this.#adopting.unref()
    process.on('exit', this.#onExit)
    process.on('beforeExit', this.#onBeforeExit)
  }

  record(draft: DraftEvent): Recorded {
    if (this.#closing !== undefined) {
      throw new RecorderError('recorder_closed', `The recorder is closed; ${draft.event_type} was not recorded.`)
    }
    this.#assertRoom(draft)
    this.#frames.speak()
    return this.#take(draft)
  }

  runOpened(runId: string): void {
    if (this.#closing === undefined) this.#frames.runOpened(runId)
  }

  runEnded(runId: string): void {
    this.#frames.runEnded(runId)
  }

  state(): OutboxState {
    const { current } = this.#problems
    const left = (of: 'events' | 'bytes'): number => this.#leftOvers.reduce((sum, each) => sum + each[of], 0)
    return {
      waitingEvents: this.#seq - this.#journal.delivered + left('events'),
      spoolBytes: this.#spool.bytes + left('bytes'),
      deadLetters: this.#deadLetters.count,
      ...(current !== undefined && { problem: current }),
    }
  }

  flush(timeoutMs: number): Promise<void> {
    return this.#flushers.wait(() => this.#seq, timeoutMs)
  }

  [Symbol.asyncDispose](): Promise<void> {
    this.#closing ??= this.#close()
    return this.#closing
  }

  askDisk(): void {
    this.#writer.ask()
  }

  askLog(): RecorderError | undefined {
    if (!this.#isClosed) {
      this.#delivery.nudge(true)
      return this.#delivery.stopReason
    }
    return new RecorderError(
      'recorder_closed',
      'The recorder was closed before the log answered. The event is in the spool.',
    )
  }

  describeProblem(): string {
    const { delivery } = this.#problems
    return delivery === undefined ? '' : ` ${delivery.message}`
  }

  #assertRoom(draft: DraftEvent): void {
    const events = this.#seq - this.#journal.durable
    const characters = this.#unsealedCharacters + this.#journal.charactersNotDurable
    if (events < queueEventsMax && characters < queueCharactersMax) return
    const { current } = this.#problems
    throw new RecorderError(
      'spool_full',
      `${events} events wait in memory for the spool, more than it may hold; ${draft.event_type} was not recorded. Await what is recorded now and then.${current === undefined ? '' : ` ${current.message}`}`,
    )
  }

  /** Numbers the event and fixes its content. */
  #take(draft: DraftEvent): Entry {
    const eventId = draft.event_id ?? this.#nextId()
    const text = toText(draft, { eventId, instance: this.instance, seq: this.#seq })
    this.#seq += 1
    const entry = new Entry(eventId, draft.event_type, text, this)
    this.#unsealed.push(entry)
    this.#unsealedCharacters += text.length
    if (!this.#isScheduled) this.#schedule()
    return entry
  }

  #schedule(): void {
    this.#isScheduled = true
    setImmediate(() => {
      this.#isScheduled = false
      this.#seal(sealedAtOnce)
      this.#delivery.nudge()
      this.#writer.writeSoon()
      if (this.#unsealed.length > 0) this.#schedule()
    })
  }

  /** Takes the secrets out of what was recorded; only then may it leave this process. */
  #seal(eventsMax: number): void {
    const entries = this.#unsealed.length <= eventsMax ? this.#unsealed : this.#unsealed.slice(0, eventsMax)
    this.#unsealed = this.#unsealed.slice(entries.length)
    for (const entry of entries) {
      this.#unsealedCharacters -= entry.draft.length
      this.#journal.add(entry, this.#sealed(entry))
      entry.draft = ''
    }
  }

  #sealed(entry: Entry): string {
    try {
      return sealEvent(entry.draft, this.#options.redactor)
    } catch (error) {
      const { line, loss, isReplaced } = sealAnyway(entry.draft, this.#options.redactor, error)
      if (loss !== undefined) {
        const problem = new RecorderError('payload_invalid', loss)
        if (isReplaced) entry.markRefused(problem)
        const runId = runOfDraft(entry.draft)
        this.#problems.tell({ error: problem, eventId: entry.eventId, ...(runId !== undefined && { runId }) })
      }
      return line
    }
  }

  #ownDestination(): { destination: string; place: string; log?: string } {
    const { destination, place } = this.#options.transport
    const { vkey } = this.#witness
    return { destination, place, ...(vkey !== undefined && { log: vkey }) }
  }

  #nameLog(): void {
    const { vkey } = this.#witness
    if (vkey === undefined) return
    this.#spool.nameLog(vkey)
    this.#adopt()
  }

  #maintain(): void {
    this.#spool.touch()
    for (const each of this.#leftOvers) each.touch()
    this.#deadLetters.recount()
    this.#adopt()
  }

  #adopt(): void {
    try {
      const found = adoptLeftOvers(this.#options.spool, this.instance, this.#ownDestination(), (path, bytes) =>
        this.#problems.tellOf(
          'spool_damaged',
          `${bytes} bytes of ${path} cannot be read; what is before and behind them is delivered.`,
        ),
      )
      for (const each of found) void each.count()
      this.#leftOvers.push(...found)
      if (found.length > 0) this.#delivery.nudge()
    } catch (error) {
      this.#problems.tellOf('spool_unwritable', `The spool cannot be searched for left-overs: ${messageOf(error)}.`)
    }
  }

  #keep(): void {
    try {
      this.#witness.keep()
    } catch (error) {
      this.#problems.tellOf('spool_unwritable', `The log's checkpoint cannot be remembered: ${messageOf(error)}.`)
    }
    this.#spool.keepCursor()
  }

  /** The process ends now: everything that is only in memory goes to disk, without waiting for anything. */
  #leave(): void {
    try {
      this.#frames.stop()
      this.#seal(Infinity)
      this.#writer.writeNow()
      this.#keep()
      this.#spool.leave(this.#journal.delivered >= this.#seq)
    } catch (error) {
      this.#problems.tellOf('spool_unwritable', `Events could not be written at exit: ${messageOf(error)}.`)
    }
  }

  /** Nothing else keeps the process: what waits gets a moment to be delivered, with the goodbye. */
  async #sayGoodbye(): Promise<void> {
    if (this.#closing !== undefined || this.#problems.delivery !== undefined) return
    this.#frames.stop()
    if (this.#journal.delivered >= this.#seq) return
    await this.#flushers.wait(() => this.#seq, this.#closeWithinMs, { untilProblem: true }).catch(() => undefined)
  }

  get #closeWithinMs(): number {
    return this.#options.closeWithinMs ?? closeWithinMsDefault
  }

  async #close(): Promise<void> {
    clearInterval(this.#adopting)
    const untilMs = performance.now() + this.#closeWithinMs
    const wait = (): Promise<void> =>
      this.#flushers.wait(() => this.#seq, untilMs - performance.now(), { withLeftOvers: this.#leftOvers })
    // What is refused meanwhile is recorded too, and the goodbye is the last word.
    await wait().catch(() => undefined)
    this.#frames.stop()
    await wait().catch((error: unknown) => this.#problems.tellOf('log_unreachable', messageOf(error)))
    this.#seal(Infinity)
    await this.#delivery.stop()
    this.#isClosed = true
    await this.#writer.finish()
    const closed = new RecorderError(
      'recorder_closed',
      'The recorder was closed before the log answered. The event is in the spool.',
    )
    for (const entry of this.#journal.entries()) entry.failWaiters(closed)
    this.#keep()
    await this.#spool.close(this.#journal.delivered >= this.#seq)
    for (const each of this.#leftOvers) each.release(this.#ownDestination())
    process.removeListener('exit', this.#onExit)
    process.removeListener('beforeExit', this.#onBeforeExit)
  }
}

function toText(
  draft: DraftEvent,
  { eventId, instance, seq }: { eventId: string; instance: string; seq: number },
): string {
  let text: string
  try {
    // The id stands in front: whoever compares an answer with what was sent finds it there.
    text = JSON.stringify({
      schema_version: schemaVersion,
      event_id: eventId,
      occurred_at: new Date().toISOString(),
      ...draft,
      producer: { instance, seq },
    })
  } catch (error) {
    throw new RecorderError(
      'payload_invalid',
      `${draft.event_type} was not recorded: its content is no JSON (${messageOf(error)}).`,
      { cause: error },
    )
  }
  if (text.length <= eventCharactersMax) return text
  throw new RecorderError(
    'payload_invalid',
    `${draft.event_type} was not recorded: it has ${text.length} characters, of at most ${eventCharactersMax}.`,
    { pointer: '/payload' },
  )
}

/** A draft was made by `JSON.stringify`. */
function runOfDraft(draft: string): string | undefined {
  const { run_id: runId } = JSON.parse(draft) as { run_id?: unknown }
  return typeof runId === 'string' ? runId : undefined
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error)
}

function toWord(text: string): string {
  return (
    text
      .toLowerCase()
      .replaceAll(/[^a-z0-9-]+/g, '-')
      .slice(0, 40) || 'host'
  )
}

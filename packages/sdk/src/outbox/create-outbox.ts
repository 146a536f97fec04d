import { randomBytes } from 'node:crypto'
import { hostname } from 'node:os'
import type { Redactor } from '@counterfoil/schema/redact'
import { RecorderError } from '../errors.ts'
import { keepDeadLetter, listDeadLetters, type DeadLetter } from '../spool/dead-letters.ts'
import { adoptLeftOvers, type LeftOvers } from '../spool/left-overs.ts'
import { Spool } from '../spool/spool.ts'
import type { Transport } from '../transport/transport.ts'
import { LogWitness } from '../witness/log-witness.ts'
import { Delivery } from './delivery.ts'
import { Entry } from './entry.ts'
import { createEventIds } from './event-ids.ts'
import { Frames } from './frames.ts'
import { Journal } from './journal.ts'
import type { DraftEvent, Outbox, OutboxState, Recorded, RefusedEvent } from './outbox.ts'
import { sealEvent } from './seal.ts'

export interface OutboxOptions {
  readonly transport: Transport
  /** Folder of the spool; several processes may share it. */
  readonly spool: string
  /** Bytes of this process's events on disk. Default 1 GiB. */
  readonly spoolBytesMax?: number
  /** What happens when there is no room: `block` waits for it, `fail` refuses with `spool_full`. Default `block`. */
  readonly whenFull?: 'block' | 'fail'
  readonly redactor: Redactor
  /** Verifier key that the log must have; otherwise that of the first contact is remembered. */
  readonly logKey?: string | undefined
  /** Told once for each new kind of problem; default one line on standard error. */
  readonly onProblem?: (problem: RecorderError) => void
  /** Told of every event that the log refused for good. */
  readonly onRefused?: (refused: RefusedEvent) => void
}

const spoolBytesMaxDefault = 1024 ** 3
/** Events that were recorded and are not on disk yet; beyond it recording itself refuses. */
const unsealedMax = 20_000
/** How many events are sealed before others get their turn on this thread. */
const sealedAtOnce = 128
const spooledAtOnce = 4_096
const fullRetryMs = 200
const closeWithinMs = 10_000
const adoptEveryMs = 60_000

const schemaVersion = '1.0'

/** The outbox of this process. @throws RecorderError `spool_unwritable` */
export function createOutbox(options: OutboxOptions): Outbox {
  return new SpooledOutbox(options)
}

class SpooledOutbox implements Outbox {
  readonly instance: string
  readonly #options: OutboxOptions
  readonly #spool: Spool
  readonly #journal: Journal
  readonly #witness: LogWitness
  readonly #delivery: Delivery
  readonly #frames: Frames
  readonly #nextId = createEventIds()
  readonly #leftOvers: LeftOvers[] = []
  readonly #told = new Set<string>()
  readonly #onExit = (): void => this.#writeNow()
  readonly #onBeforeExit = (): void => void this.#finishDelivery()
  readonly #adopting: NodeJS.Timeout
  /** Recorded and not sealed yet. */
  #unsealed: Entry[] = []
  #seq = 0
  #deadLetters: number
  #problem: OutboxState['problem']
  #closing: Promise<void> | undefined
  #isScheduled = false
  #isSpooling = false
  #flushers: { readonly until: number; readonly resolve: () => void }[] = []

  constructor(options: OutboxOptions) {
    this.#options = options
    const { spool: root, transport } = options
    this.instance = `${toWord(hostname())}-${process.pid}-${randomBytes(6).toString('hex')}`
    this.#spool = new Spool(root, this.instance, options.spoolBytesMax ?? spoolBytesMaxDefault)
    this.#journal = new Journal(this.#spool)
    this.#witness = new LogWitness(root, transport, options.logKey)
    this.#deadLetters = listDeadLetters(root).length
    this.#delivery = new Delivery({
      transport,
      witness: this.#witness,
      journal: this.#journal,
      leftOvers: this.#leftOvers,
      onRefused: (letter) => this.#refuse(letter),
      onProblem: (problem) => this.#setProblem(problem),
      onKeep: () => this.#keep(),
    })
    this.#frames = new Frames((draft) => void this.#take(draft))
    this.#adopt()
    this.#adopting = setInterval(() => this.#adopt(), adoptEveryMs)
    this.#adopting.unref()
    process.on('exit', this.#onExit)
    process.on('beforeExit', this.#onBeforeExit)
    if (this.#leftOvers.length > 0) this.#delivery.start()
  }

  record(draft: DraftEvent): Recorded {
    if (this.#closing !== undefined) {
      throw new RecorderError('recorder_closed', `The recorder is closed; ${draft.event_type} was not recorded.`)
    }
    if (this.#unsealed.length >= unsealedMax) {
      throw new RecorderError(
        'spool_full',
        `${unsealedMax} events wait for room in the spool; ${draft.event_type} was not recorded. Await what is recorded, or bring the log back.`,
      )
    }
    if (this.#seq === 0) this.#frames.start()
    return this.#take(draft)
  }

  runOpened(runId: string): void {
    if (this.#closing !== undefined) return
    if (this.#seq === 0) this.#frames.start()
    this.#frames.runOpened(runId)
  }

  runEnded(runId: string): void {
    this.#frames.runEnded(runId)
  }

  state(): OutboxState {
    return {
      waitingEvents: this.#seq - this.#journal.delivered,
      spoolBytes: this.#spool.bytes + this.#leftOvers.reduce((sum, { bytes }) => sum + bytes, 0),
      deadLetters: this.#deadLetters,
      ...(this.#problem !== undefined && { problem: this.#problem }),
    }
  }

  async flush(timeoutMs: number): Promise<void> {
    const until = this.#seq
    if (this.#journal.delivered >= until && this.#leftOvers.length === 0) return
    const { broken } = this.#delivery
    if (broken !== undefined) throw broken
    this.#delivery.start()
    this.#delivery.nudge(true)
    let timer: NodeJS.Timeout | undefined
    const late = new Promise<never>((_, reject) => {
      timer = setTimeout(() => reject(this.#notDelivered(timeoutMs)), timeoutMs)
    })
    const done = new Promise<void>((resolve) => this.#flushers.push({ until, resolve }))
    this.#settleFlushers()
    try {
      await Promise.race([done, late])
    } finally {
      clearTimeout(timer)
    }
  }

  [Symbol.asyncDispose](): Promise<void> {
    this.#closing ??= this.#close()
    return this.#closing
  }

  /** Numbers the event and fixes its content. */
  #take(draft: DraftEvent): Entry {
    const eventId = draft.event_id ?? this.#nextId()
    const seq = this.#seq
    const { payload, summary, ...fields } = draft
    let text: string
    try {
      text = JSON.stringify({
        schema_version: schemaVersion,
        event_id: eventId,
        occurred_at: new Date().toISOString(),
        ...fields,
        producer: { instance: this.instance, seq },
        ...(payload !== undefined && { payload }),
        ...(summary !== undefined && { summary }),
      })
    } catch (error) {
      throw new RecorderError(
        'payload_invalid',
        `${draft.event_type} was not recorded: its content is no JSON (${error instanceof Error ? error.message : String(error)}).`,
        { cause: error },
      )
    }
    this.#seq += 1
    const entry = new Entry({ eventId, eventType: draft.event_type, seq }, text, () => {
      this.#delivery.start()
      this.#delivery.nudge(true)
    })
    const { broken } = this.#delivery
    if (broken !== undefined) entry.markRefused(broken)
    this.#unsealed.push(entry)
    this.#schedule()
    return entry
  }

  #schedule(): void {
    if (this.#isScheduled || this.#unsealed.length === 0) return
    this.#isScheduled = true
    setImmediate(() => {
      this.#isScheduled = false
      this.#seal(sealedAtOnce)
      this.#delivery.start()
      this.#delivery.nudge()
      void this.#spoolOn()
      this.#schedule()
    })
  }

  /** Takes the secrets out of what was recorded; only then may it leave this thread. */
  #seal(most: number): void {
    for (const entry of this.#unsealed.splice(0, most)) {
      this.#journal.add(entry, this.#sealed(entry))
      entry.draft = ''
    }
  }

  #sealed(entry: Entry): string {
    try {
      return sealEvent(entry.draft, this.#options.redactor)
    } catch (error) {
      // What cannot be redacted must not leave; that there was something must be known.
      const envelope = JSON.parse(entry.draft) as Record<string, unknown>
      const { payload: _payload, summary: _summary, ...rest } = envelope
      this.#setProblem({
        code: 'payload_invalid',
        message: `The payload of ${entry.eventType} ${entry.eventId} was left out: ${error instanceof Error ? error.message : String(error)}.`,
      })
      return sealEvent(
        JSON.stringify({ ...rest, redactions: [{ path: '/payload', rule: 'unreadable' }] }),
        this.#options.redactor,
      )
    }
  }

  /** Writes sealed events to disk, as many as wait, whenever the write before has ended. */
  async #spoolOn(): Promise<void> {
    if (this.#isSpooling) return
    this.#isSpooling = true
    try {
      while (this.#journal.durable < this.#journal.sealed) await this.#append()
    } finally {
      this.#isSpooling = false
    }
  }

  async #append(): Promise<void> {
    const from = this.#journal.durable
    const lines = this.#journal.linesFrom(from, spooledAtOnce)
    try {
      await this.#spool.append(lines.map((line) => Buffer.from(line)))
      this.#journal.markDurable(from + lines.length)
    } catch (error) {
      if (!(error instanceof RecorderError)) throw error
      this.#setProblem(error)
      if ((this.#options.whenFull ?? 'block') === 'fail') {
        for (let at = from; at < from + lines.length; at++) this.#journal.entryAt(at)?.failSpooling(error)
      }
      // The log may take them meanwhile, and room may come back.
      await new Promise((resolve) => setTimeout(resolve, fullRetryMs).unref())
      if (this.#journal.delivered > from) {
        this.#spool.skip(this.#journal.delivered - from)
        this.#journal.markDurable(this.#journal.delivered)
      }
    }
  }

  #adopt(): void {
    const found = adoptLeftOvers(this.#options.spool, this.instance, (path, bytes) =>
      this.#setProblem({
        code: 'spool_damaged',
        message: `${bytes} bytes of ${path} cannot be read; what is before and behind them is delivered.`,
      }),
    )
    this.#leftOvers.push(...found)
    if (found.length > 0) this.#delivery.nudge()
  }

  #refuse(letter: DeadLetter): void {
    keepDeadLetter(this.#options.spool, this.instance, letter)
    this.#deadLetters += 1
    this.#setProblem({
      code: 'event_refused',
      message: `The log refused ${letter.eventType} ${letter.eventId} (${letter.code}): ${letter.message} It is kept: counterfoil spool`,
    })
    const {
      run_id: runId,
      run_seq: runSeq,
      producer,
    } = JSON.parse(letter.event) as {
      run_id?: string
      run_seq?: number
      producer?: { instance: string; seq: number }
    }
    const error = new RecorderError(
      'event_refused',
      `The log refused ${letter.eventType} (${letter.code}): ${letter.message}`,
    )
    this.#options.onRefused?.({ error, eventId: letter.eventId, ...(runId !== undefined && { runId }) })
    // Refused once more it would go round for ever.
    if (letter.eventType === 'event_refused' || this.#closing !== undefined) return
    this.#take({
      event_type: 'event_refused',
      ...(runId !== undefined && { run_id: runId, run_seq: runSeq }),
      reason_code: letter.code,
      attributes: {
        refused_event_id: letter.eventId,
        refused_type: letter.eventType,
        ...(producer && { refused_instance: producer.instance, refused_seq: producer.seq }),
      },
    })
  }

  #keep(): void {
    try {
      this.#witness.keep()
    } catch (error) {
      this.#setProblem({ code: 'spool_unwritable', message: error instanceof Error ? error.message : String(error) })
    }
    this.#spool.keepCursor()
    this.#settleFlushers()
  }

  #setProblem(problem: OutboxState['problem']): void {
    this.#settleFlushers()
    const before = this.#problem
    this.#problem = problem && { code: problem.code, message: problem.message }
    if (problem === undefined) {
      if (before !== undefined) this.#told.clear()
      return
    }
    if (this.#told.has(problem.code)) return
    this.#told.add(problem.code)
    const error =
      problem instanceof RecorderError
        ? problem
        : new RecorderError(problem.code as RecorderError['code'], problem.message)
    const tell = this.#options.onProblem ?? tellOnStandardError
    tell(error)
  }

  #settleFlushers(): void {
    const { delivered } = this.#journal
    if (this.#leftOvers.length > 0) return
    this.#flushers = this.#flushers.filter(({ until, resolve }) => {
      if (delivered < until) return true
      resolve()
      return false
    })
  }

  #notDelivered(timeoutMs: number): RecorderError {
    const waiting = this.state().waitingEvents
    const why = this.#problem === undefined ? '' : ` ${this.#problem.message}`
    return new RecorderError(
      'log_unreachable',
      `${waiting} events were not delivered within ${timeoutMs} ms. They are in the spool and are sent later.${why}`,
    )
  }

  /** The process ends now: everything that is only in memory goes to disk, without waiting for anything. */
  #writeNow(): void {
    this.#seal(Infinity)
    const lines = this.#journal.linesFrom(this.#journal.durable + this.#spool.inFlightEvents)
    try {
      this.#spool.appendNow(lines.map((line) => Buffer.from(line)))
    } catch (error) {
      tellOnStandardError(
        new RecorderError(
          'spool_unwritable',
          `${lines.length} events could not be written at exit: ${error instanceof Error ? error.message : String(error)}`,
        ),
      )
    }
  }

  /** Nothing else keeps the process: what waits gets a moment to be delivered. */
  async #finishDelivery(): Promise<void> {
    if (this.#closing !== undefined || this.state().waitingEvents === 0 || this.#problem !== undefined) return
    await this.flush(closeWithinMs).catch(() => undefined)
  }

  async #close(): Promise<void> {
    if (this.#seq > 0) this.#frames.stop()
    this.#frames.cancel()
    clearInterval(this.#adopting)
    try {
      await this.flush(closeWithinMs)
    } catch (error) {
      if (!(error instanceof RecorderError)) throw error
      this.#setProblem(error)
    }
    await this.#delivery.stop()
    while (this.#unsealed.length > 0) this.#seal(sealedAtOnce)
    await this.#spoolRest()
    this.#keep()
    await this.#spool.close()
    await this.#options.transport.close()
    process.removeListener('exit', this.#onExit)
    process.removeListener('beforeExit', this.#onBeforeExit)
  }

  /** What could not be delivered is on disk before the recorder is closed. */
  async #spoolRest(): Promise<void> {
    while (this.#isSpooling) await new Promise((resolve) => setTimeout(resolve, 5))
    const { delivered, durable } = this.#journal
    if (delivered > durable) this.#spool.skip(delivered - durable)
    const lines = this.#journal.linesFrom(Math.max(durable, delivered))
    if (lines.length > 0) await this.#spool.append(lines.map((line) => Buffer.from(line)))
  }
}

function tellOnStandardError(problem: RecorderError): void {
  process.stderr.write(`counterfoil: ${problem.message} [${problem.code}]\n`)
}

function toWord(text: string): string {
  return (
    text
      .toLowerCase()
      .replaceAll(/[^a-z0-9-]+/g, '-')
      .slice(0, 40) || 'host'
  )
}

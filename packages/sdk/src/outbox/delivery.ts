import { limits } from '@counterfoil/schema/ids'
import { RecorderError } from '../errors.ts'
import type { DeadLetter } from '../spool/dead-letters.ts'
import type { LeftOvers } from '../spool/left-overs.ts'
import { TransportError, type BatchReport, type Transport } from '../transport/transport.ts'
import type { LogWitness } from '../witness/log-witness.ts'
import type { Entry } from './entry.ts'
import type { Journal } from './journal.ts'
import type { StopOrder } from './outbox.ts'

const retryMsMin = 50
const retryMsMax = 15_000
/** A refused key may be mended by its operator; nobody gains from asking more often. */
const keyRetryMs = 30_000
/** Somebody who waits makes us ask at once, but not more often than this. */
const askedRetryMs = 1_000
const keepEveryMs = 1_000

export interface DeliveryOptions {
  readonly transport: Transport
  readonly witness: LogWitness
  readonly journal: Journal
  readonly leftOvers: LeftOvers[]
  /** An event that the log refused for good; must have kept it when it returns. */
  readonly onRefused: (letter: DeadLetter) => void
  readonly onProblem: (problem: { code: string; message: string } | undefined) => void
  readonly onKeep: () => void
}

/**
 * Brings events to the log, in order, one batch at a time. It never gives up: what cannot be delivered now waits, except
 * for what the log refuses for good.
 */
export class Delivery {
  readonly #options: DeliveryOptions
  #connected = false
  #failures = 0
  #wake: (() => void) | undefined
  #isBroken: RecorderError | undefined
  #isAsked = false
  #stopped = false
  #done: Promise<void> | undefined
  #keptMs = 0
  #eventsMax: number = limits.batchEventsMax
  #turns = 0

  constructor(options: DeliveryOptions) {
    this.#options = options
  }

  /** The log is not what it was: nothing is delivered any more. */
  get broken(): RecorderError | undefined {
    return this.#isBroken
  }

  start(): void {
    this.#done ??= this.#run()
  }

  /** There is something new to deliver, or somebody who waits (`asked`). */
  nudge(asked = false): void {
    if (asked) this.#isAsked = true
    this.#wake?.()
  }

  async stop(): Promise<void> {
    this.#stopped = true
    this.#wake?.()
    await this.#done
  }

  async #run(): Promise<void> {
    while (!this.#stopped && this.#isBroken === undefined) {
      try {
        if (!this.#connected) {
          await this.#options.witness.connect()
          this.#connected = true
        }
        const sent = await this.#turn()
        this.#failures = 0
        this.#options.onProblem(undefined)
        this.#keepNowAndThen()
        if (!sent) await this.#sleep(Infinity)
      } catch (error) {
        await this.#handle(error)
      }
    }
  }

  /** One batch; false when there is nothing to send. Left-overs come when nothing else waits, and now and then before. */
  async #turn(): Promise<boolean> {
    const { journal, leftOvers } = this.#options
    const own = journal.nextBatch(this.#eventsMax, limits.batchBytesMax)
    this.#turns += 1
    const old = own.length === 0 || this.#turns % 8 === 0 ? leftOvers[0] : undefined
    if (old !== undefined) return this.#sendLeftOvers(old)
    if (own.length === 0) return false
    const report = await this.#send(own)
    this.#settle(own, report, (position) => journal.entryAt(journal.delivered + position))
    journal.markDelivered(journal.delivered + own.length)
    this.#eventsMax = Math.min(limits.batchEventsMax, this.#eventsMax * 2)
    return true
  }

  async #sendLeftOvers(old: LeftOvers): Promise<boolean> {
    const { leftOvers } = this.#options
    const bodies = old.next().slice(0, this.#eventsMax)
    if (bodies.length === 0) {
      leftOvers.shift()
      return true
    }
    const lines = withinBytes(bodies.map((body) => body.toString('utf8')))
    this.#settle(lines, await this.#send(lines), () => undefined)
    old.markDelivered(lines.length)
    return true
  }

  async #send(lines: readonly string[]): Promise<BatchReport> {
    const { transport, witness } = this.#options
    const report = await transport.send(lines)
    witness.check(report)
    return report
  }

  #settle(lines: readonly string[], report: BatchReport, entryAt: (position: number) => Entry | undefined): void {
    for (const rejection of report.rejected) {
      const event = lines[rejection.position] ?? '{}'
      const { event_id: eventId = '', event_type: eventType = '' } = JSON.parse(event) as Record<string, string>
      const { code, message, pointer } = rejection
      this.#options.onRefused({
        eventId,
        eventType,
        code,
        message,
        ...(pointer !== undefined && { pointer }),
        at: new Date().toISOString(),
        event,
      })
      const where = pointer === undefined || pointer === '' ? '' : ` at ${pointer}`
      entryAt(rejection.position)?.markRefused(
        new RecorderError('event_refused', `The log refused ${eventType} (${code}${where}): ${message}`, {
          ...(pointer !== undefined && { pointer }),
        }),
      )
    }
    for (const ack of report.acks) {
      entryAt(ack.position)?.markConfirmed({
        eventId: ack.event_id,
        index: ack.index,
        leafHash: ack.leaf_hash,
        ...(ack.action_digest !== undefined && { actionDigest: ack.action_digest }),
        ...(ack.stop !== undefined && { stop: toStopOrder(ack.stop) }),
      })
    }
  }

  async #handle(error: unknown): Promise<void> {
    const { onProblem, journal } = this.#options
    if (error instanceof RecorderError) {
      this.#isBroken = error
      onProblem(error)
      for (const entry of journal.waiting()) entry.failWaiters(error)
      return
    }
    // A fault of our own must not end somebody else's process.
    const failure = error instanceof TransportError ? error : unexpected(error)
    if (failure.kind === 'split' && this.#eventsMax > 1) {
      this.#eventsMax = Math.max(1, Math.floor(this.#eventsMax / 2))
      return
    }
    this.#connected = false
    this.#failures += 1
    this.#isAsked = false
    if (failure.kind === 'key') {
      const refused = new RecorderError(
        'key_refused',
        `${failure.message} Nothing is lost: events wait in the spool. Give the recorder a key of this log with scope ingest.`,
        { cause: failure },
      )
      onProblem(refused)
      for (const entry of journal.waiting()) entry.failWaiters(refused)
      return this.#sleep(keyRetryMs)
    }
    onProblem({ code: 'log_unreachable', message: `${failure.message} Events wait in the spool and are sent again.` })
    const backoff = Math.min(retryMsMax, retryMsMin * 2 ** Math.min(this.#failures - 1, 10))
    // Spread out, so that many agents do not come back at the same moment.
    return this.#sleep(failure.retryAfterMs ?? backoff * (0.5 + Math.random() / 2))
  }

  /** Until it is time, or there is something new and nothing is wrong, or somebody waits. */
  async #sleep(ms: number): Promise<void> {
    const askedAgainMs = Math.min(ms, askedRetryMs)
    const startedMs = performance.now()
    while (!this.#stopped && performance.now() - startedMs < ms) {
      if (this.#failures === 0 && this.#hasWork()) return
      const leftMs = (this.#isAsked ? askedAgainMs : ms) - (performance.now() - startedMs)
      if (leftMs <= 0) return
      await new Promise<void>((resolve) => {
        const timer = leftMs === Infinity ? undefined : setTimeout(resolve, leftMs)
        timer?.unref()
        this.#wake = () => {
          clearTimeout(timer)
          resolve()
        }
      })
      this.#wake = undefined
    }
  }

  #hasWork(): boolean {
    const { journal, leftOvers } = this.#options
    return journal.delivered < journal.sealed || leftOvers.length > 0
  }

  #keepNowAndThen(): void {
    const now = performance.now()
    if (now - this.#keptMs < keepEveryMs) return
    this.#keptMs = now
    this.#options.onKeep()
  }
}

function unexpected(error: unknown): TransportError {
  const message = error instanceof Error ? error.message : String(error)
  return new TransportError('retry', 'delivery_failed', `Delivery failed: ${message}.`, { cause: error })
}

function withinBytes(lines: readonly string[]): readonly string[] {
  let bytes = 0
  const fitting = lines.findIndex((line) => {
    bytes += Buffer.byteLength(line) + 1
    return bytes > limits.batchBytesMax
  })
  return fitting === -1 ? lines : lines.slice(0, Math.max(1, fitting))
}

function toStopOrder(stop: { event_id: string; actor_id: string; reason_code?: string }): StopOrder {
  return {
    eventId: stop.event_id,
    actorId: stop.actor_id,
    ...(stop.reason_code !== undefined && { reasonCode: stop.reason_code }),
  }
}

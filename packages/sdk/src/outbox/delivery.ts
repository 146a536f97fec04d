import { limits } from '@counterfoil/schema/ids'
import { RecorderError } from '../errors.ts'
import type { LeftOvers } from '../spool/left-overs.ts'
import {
  TransportError,
  type BatchAck,
  type BatchRejection,
  type BatchReport,
  type Transport,
} from '../transport/transport.ts'
import type { LogWitness } from '../witness/log-witness.ts'
import { Backoff } from './backoff.ts'
import type { Entry } from './entry.ts'
import type { Journal } from './journal.ts'
import type { StopOrder } from './outbox.ts'
import type { Problems } from './problems.ts'

const keepEveryMs = 1_000

/** An event that the log will never take. */
export interface Refusal extends Omit<BatchRejection, 'position'> {
  /** As it was sent. */
  readonly line: string
  readonly entry: Entry | undefined
}

export interface DeliveryOptions {
  readonly transport: Transport
  readonly witness: LogWitness
  readonly journal: Journal
  readonly leftOvers: LeftOvers[]
  readonly problems: Problems
  /** The log is known to be the one that it was. */
  readonly onConnected: () => void
  /** Must have kept them all when it returns. */
  readonly onRefused: (refusals: readonly Refusal[]) => void
  /** A person has stopped a run, or one that started it; every acknowledgement of it says so. */
  readonly onStop: (runId: string | undefined, stop: StopOrder) => void
  /** Something was delivered, or cannot be. */
  readonly onChange: () => void
  /** What is known may be written down. */
  readonly onKeep: () => void
}

/**
 * Brings events to the log, in order, one batch at a time. It never gives up: what cannot be delivered now waits, except
 * for what the log refuses for good.
 */
export class Delivery {
  readonly #options: DeliveryOptions
  readonly #backoff = new Backoff(() => this.#hasWork())
  #isConnected = false
  /** The connection behind which the log was compared with what is remembered. */
  #checkedConnection = 0
  #stopReason: RecorderError | undefined
  #done: Promise<void> | undefined
  #keptMs = -keepEveryMs
  #keepTimer: NodeJS.Timeout | undefined
  #eventsMax: number = limits.batchEventsMax
  #turns = 0

  constructor(options: DeliveryOptions) {
    this.#options = options
  }

  /** Why it makes no sense to wait: the log is not what it was. */
  get stopReason(): RecorderError | undefined {
    return this.#stopReason
  }

  /** The log answers, as far as anybody knows. */
  get isWorking(): boolean {
    return this.#isConnected
  }

  /** There is something new to deliver, or somebody who waits (`isAsked`). */
  nudge(isAsked = false): void {
    this.#done ??= this.#run()
    this.#backoff.nudge(isAsked)
  }

  /** Ends after what is on its way; closes the way, so that this does not take long. */
  async stop(): Promise<void> {
    this.#backoff.stop()
    clearTimeout(this.#keepTimer)
    await this.#options.transport.close()
    await this.#done
  }

  async #run(): Promise<void> {
    while (!this.#backoff.isStopped) {
      try {
        await this.#connect()
        const hasSent = await this.#turn()
        this.#works()
        this.#options.onChange()
        this.#keepNowAndThen()
        if (!hasSent) await this.#backoff.untilWork()
      } catch (error) {
        await this.#handle(error)
      }
    }
  }

  async #connect(): Promise<void> {
    if (this.#isConnected) return
    const { transport, witness, onConnected } = this.#options
    await witness.connect()
    this.#isConnected = true
    this.#checkedConnection = transport.connections
    this.#stopReason = undefined
    onConnected()
  }

  /** One batch; false when there is nothing to send. Left-overs come when nothing else waits, and now and then before. */
  async #turn(): Promise<boolean> {
    const { journal, leftOvers, problems } = this.#options
    const own = journal.nextBatch(this.#eventsMax, limits.batchBytesMax, (error) => problems.tell({ error }))
    this.#turns += 1
    const [old] = leftOvers
    if (old !== undefined && (own.length === 0 || this.#turns % 8 === 0)) return this.#sendLeftOvers(old)
    if (own.length === 0) return false
    const first = journal.delivered
    const entries = own.map((_, position) => journal.entryAt(first + position))
    await this.#send(own, entries, () => journal.markDelivered(first + own.length))
    return true
  }

  async #sendLeftOvers(old: LeftOvers): Promise<boolean> {
    const bodies = old.next().slice(0, this.#eventsMax)
    if (bodies.length === 0) {
      this.#options.leftOvers.shift()
      return true
    }
    const lines = withinBytes(bodies.map(({ body }) => body.toString('utf8')))
    await this.#send(lines, [], () => old.markDelivered(lines.length))
    return true
  }

  /**
   * Sends events and acts upon every answer. When there were too many, the next batch has less.
   *
   * @param onAnswered before anybody is told: the log has answered for each of them
   */
  async #send(
    lines: readonly string[],
    entries: readonly (Entry | undefined)[],
    onAnswered: () => void,
  ): Promise<void> {
    const { transport, witness } = this.#options
    let report: BatchReport
    try {
      report = await transport.send(lines)
    } catch (error) {
      if (!(error instanceof TransportError) || error.kind !== 'batch') throw error
      if (lines.length > 1) {
        this.#eventsMax = Math.floor(lines.length / 2)
        return
      }
      const { code, message } = error
      this.#refuse([{ position: 0, code, message }], lines, entries)
      return onAnswered()
    }
    assertIsAnswerTo(lines, report)
    // Asking for the proof may itself open a connection, which then is not one that was looked at.
    const { connections } = transport
    await witness.check(report, connections !== this.#checkedConnection)
    this.#checkedConnection = connections
    this.#works()
    this.#eventsMax = Math.min(limits.batchEventsMax, this.#eventsMax * 2)
    // Kept before anything else is answered: when that fails, the batch is sent again.
    this.#refuse(report.rejected, lines, entries)
    onAnswered()
    for (const ack of report.acks) {
      const stop = ack.stop && stopOrderOf(ack.stop)
      if (stop !== undefined) this.#options.onStop(runOf(lines[ack.position]), stop)
      entries[ack.position]?.markConfirmed({
        eventId: ack.event_id,
        index: ack.index,
        leafHash: ack.leaf_hash,
        ...(ack.action_digest !== undefined && { actionDigest: ack.action_digest }),
        ...(stop !== undefined && { stop }),
      })
    }
  }

  #refuse(
    rejected: readonly BatchRejection[],
    lines: readonly string[],
    entries: readonly (Entry | undefined)[],
  ): void {
    if (rejected.length === 0) return
    this.#options.onRefused(
      rejected.map(({ position, ...why }) => ({ ...why, line: lines[position] ?? '', entry: entries[position] })),
    )
  }

  #works(): void {
    this.#backoff.reset()
    this.#options.problems.setDelivery(undefined)
  }

  async #handle(error: unknown): Promise<void> {
    const { problems, journal, onChange } = this.#options
    const failure = toFailure(error)
    this.#isConnected = false
    const problem = toProblem(failure)
    problems.setDelivery(problem)
    if (problem.code !== 'log_unreachable') {
      // Whoever waits is told now: more patience does not help.
      for (const entry of journal.entries()) entry.failWaiters(problem)
    }
    this.#stopReason = failure instanceof RecorderError ? failure : undefined
    onChange()
    if (problem.code !== 'log_unreachable') return this.#backoff.slowly()
    return this.#backoff.afterFailure(failure instanceof TransportError ? failure.retryAfterMs : undefined)
  }

  #hasWork(): boolean {
    const { journal, leftOvers } = this.#options
    return journal.delivered < journal.sealed || leftOvers.length > 0
  }

  /** At most once a second, and after the last delivery too. */
  #keepNowAndThen(): void {
    if (this.#keepTimer !== undefined) return
    const dueMs = this.#keptMs + keepEveryMs - performance.now()
    if (dueMs <= 0) return this.#keep()
    this.#keepTimer = setTimeout(() => this.#keep(), dueMs).unref()
  }

  #keep(): void {
    clearTimeout(this.#keepTimer)
    this.#keepTimer = undefined
    this.#keptMs = performance.now()
    this.#options.onKeep()
  }
}

/** Positions alone prove little: an answer to another batch has them too. */
function assertIsAnswerTo(lines: readonly string[], { acks }: BatchReport): void {
  for (const { position, event_id: id } of acks) {
    // The id stands in front of everything that a caller could have written.
    const sent = /"event_id":"([^"\\]*)"/.exec(lines[position] ?? '')?.[1]
    if (sent !== id) throw new TransportError('retry', 'answer_invalid', 'The answer acknowledges other events.')
  }
}

function stopOrderOf({ event_id, actor_id, reason_code }: NonNullable<BatchAck['stop']>): StopOrder {
  return {
    eventId: event_id,
    actorId: actor_id,
    ...(reason_code !== undefined && { reasonCode: reason_code }),
  }
}

/** The run of a sealed event. */
function runOf(line = '{}'): string | undefined {
  return (JSON.parse(line) as { run_id?: string }).run_id
}

/** A fault of our own must not end somebody else's process: it is tried again. */
function toFailure(error: unknown): TransportError | RecorderError {
  if (error instanceof TransportError || error instanceof RecorderError) return error
  const message = error instanceof Error ? error.message : String(error)
  return new TransportError('retry', 'delivery_failed', `Delivery failed: ${message}.`, { cause: error })
}

function toProblem(failure: TransportError | RecorderError): RecorderError {
  if (failure instanceof RecorderError) return failure
  return failure.kind === 'key'
    ? new RecorderError(
        'key_refused',
        `${failure.message} Nothing is lost: events wait in the spool. Give the recorder a key of this log with scope ingest.`,
        { cause: failure },
      )
    : new RecorderError('log_unreachable', `${failure.message} Events wait in the spool and are sent again.`, {
        cause: failure,
      })
}

function withinBytes(lines: readonly string[]): readonly string[] {
  let bytes = 0
  const fitting = lines.findIndex((line) => {
    bytes += Buffer.byteLength(line) + 1
    return bytes > limits.batchBytesMax
  })
  return fitting === -1 ? lines : lines.slice(0, Math.max(1, fitting))
}

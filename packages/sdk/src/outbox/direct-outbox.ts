import { createEventId, limits } from '@counterfoil/schema/ids'
import type { Ledger, Log, Principal } from '@counterfoil/ledger'
import { RecorderError } from '../errors.ts'
import type { Confirmation, DraftEvent, Outbox, OutboxProblem, OutboxState, Recorded } from './outbox.ts'

interface Waiting {
  readonly text: string
  readonly eventId: string
  readonly runId: string | undefined
  resolve(confirmation: Confirmation): void
  reject(error: RecorderError): void
}

interface OpenLog {
  readonly ledger: Ledger
  readonly log: Log
  readonly principal: Principal
}

const retryMs = 50

/** An outbox on a ledger in this process, without spool and frames. */
export function createDirectOutbox(data: string, onProblem: (problem: OutboxProblem) => void): Outbox {
  return new DirectOutbox(data, onProblem)
}

class DirectOutbox implements Outbox {
  readonly instance = createEventId()
  readonly #data: string
  readonly #onProblem: (problem: OutboxProblem) => void
  readonly #queue: Waiting[] = []
  #open: OpenLog | undefined
  #delivering: Promise<void> | undefined
  #seq = 0
  #closed = false
  #problem: RecorderError | undefined

  constructor(data: string, onProblem: (problem: OutboxProblem) => void) {
    this.#data = data
    this.#onProblem = onProblem
  }

  record(draft: DraftEvent): Recorded {
    if (this.#closed) throw new RecorderError('recorder_closed', 'The recorder is closed: nothing was recorded.')
    const eventId = draft.event_id ?? createEventId()
    let text: string
    try {
      text = JSON.stringify({
        schema_version: '1.0',
        occurred_at: new Date().toISOString(),
        ...draft,
        event_id: eventId,
        producer: { instance: this.instance, seq: this.#seq },
      })
    } catch (error) {
      throw new RecorderError('payload_invalid', 'The event holds what JSON cannot.', { cause: error })
    }
    this.#seq += 1
    let waiting: Waiting | undefined
    const done = new Promise<Confirmation>((resolve, reject) => {
      const runId = typeof draft['run_id'] === 'string' ? draft['run_id'] : undefined
      waiting = { text, eventId, runId, resolve, reject }
    })
    done.catch(() => undefined)
    const spooled = done.then(() => undefined)
    spooled.catch(() => undefined)
    if (waiting !== undefined) this.#queue.push(waiting)
    this.#delivering ??= this.#deliver().finally(() => {
      this.#delivering = undefined
    })
    return { eventId, spooled, confirmed: (timeoutMs) => within(done, timeoutMs) }
  }

  runOpened(): void {
    // This outbox sends no heartbeats.
  }

  runEnded(): void {
    // As above.
  }

  state(): OutboxState {
    const problem = this.#problem
    return {
      waitingEvents: this.#queue.length,
      spoolBytes: 0,
      deadLetters: 0,
      ...(problem !== undefined && { problem: { code: problem.code, message: problem.message } }),
    }
  }

  async flush(timeoutMs: number): Promise<void> {
    if (this.#delivering !== undefined) await within(this.#delivering, timeoutMs)
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#closed = true
    await this.#delivering
    await this.#open?.ledger[Symbol.asyncDispose]()
    this.#open = undefined
  }

  async #deliver(): Promise<void> {
    await new Promise((resolve) => {
      setImmediate(resolve)
    })
    while (this.#queue.length > 0) {
      try {
        const open = (this.#open ??= await openLog(this.#data))
        const batch = this.#queue.slice(0, limits.batchEventsMax)
        const body = batch.map(({ text }) => text).join('\n')
        const report = await open.log.ingest(body, { principal: open.principal, format: 'ndjson' })
        this.#queue.splice(0, batch.length)
        for (const ack of report.acks) {
          const { event_id: eventId, index, leaf_hash: leafHash } = ack
          batch[ack.position]?.resolve({ eventId, index, leafHash })
        }
        for (const { position, code, pointer, message } of report.rejected)
          this.#refuse(batch[position], `${code} at ${pointer}: ${message}`)
        this.#problem = undefined
      } catch (error) {
        if (this.#closed && this.#open === undefined) return
        this.#problem = new RecorderError('log_unreachable', String(error), { cause: error })
        await new Promise((resolve) => {
          setTimeout(resolve, retryMs)
        })
      }
    }
  }

  #refuse(waiting: Waiting | undefined, why: string): void {
    if (waiting === undefined) return
    const error = new RecorderError('event_refused', `The log refused the event ${waiting.eventId}: ${why}`)
    waiting.reject(error)
    const { runId, eventId } = waiting
    this.#onProblem({ error, eventId, ...(runId !== undefined && { runId }) })
  }
}

async function openLog(data: string): Promise<OpenLog> {
  const { openLedger } = await import('@counterfoil/ledger')
  const ledger = await openLedger({ data })
  const log = await ledger.log('main')
  const { key } = await ledger.keys.create({ log: 'main', scopes: ['ingest'], name: 'recorder' })
  const principal = await ledger.keys.authenticate(key)
  if (principal === undefined) throw new Error('A new key must authenticate.')
  return { ledger, log, principal }
}

function within<T>(promise: Promise<T>, timeoutMs: number): Promise<T> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(
      () => reject(new RecorderError('log_unreachable', `The log did not answer within ${timeoutMs} ms.`)),
      timeoutMs,
    )
    promise.then(resolve, reject).finally(() => clearTimeout(timer))
  })
}

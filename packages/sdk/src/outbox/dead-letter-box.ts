import { RecorderError } from '../errors.ts'
import { keepDeadLetters, listDeadLetters } from '../spool/dead-letters.ts'
import type { Destination } from '../spool/owner.ts'
import type { Refusal } from './delivery.ts'
import type { DraftEvent } from './outbox.ts'
import type { Problems } from './problems.ts'

export interface DeadLetterBoxOptions {
  readonly root: string
  readonly instance: string
  readonly problems: Problems
  readonly record: (draft: DraftEvent) => void
}

interface SentEvent {
  readonly event_id: string
  readonly event_type: string
  readonly run_id?: string
  readonly run_seq?: number
  readonly attributes?: Readonly<Record<string, unknown>>
  readonly reason_code?: string
  readonly producer?: { readonly instance: string; readonly seq: number }
}

const idPattern = /^[\x21-\x7e]{1,128}$/
const codePattern = /^[a-z][a-z0-9_.-]{0,63}$/

/** Where events end that the log will never take: kept for people, told to those who wait, and told to the log. */
export class DeadLetterBox {
  readonly #options: DeadLetterBoxOptions
  #count: number

  constructor(options: DeadLetterBoxOptions) {
    this.#options = options
    this.#count = listDeadLetters(options.root).length
  }

  get count(): number {
    return this.#count
  }

  /** Others put some in, and people take some out. */
  recount(): void {
    this.#count = listDeadLetters(this.#options.root).length
  }

  /** They are on disk when it returns. */
  keep(refusals: readonly Refusal[], to: Destination): void {
    const { root, instance } = this.#options
    const at = new Date().toISOString()
    const events = refusals.map(({ line }) => JSON.parse(line) as SentEvent)
    keepDeadLetters(
      root,
      instance,
      refusals.map(({ line, code, message, pointer }, index) => ({
        eventId: events[index]?.event_id ?? '',
        eventType: events[index]?.event_type ?? '',
        code,
        message,
        ...(pointer !== undefined && { pointer }),
        at,
        to,
        event: line,
      })),
    )
    this.#count += refusals.length
    for (const [index, refusal] of refusals.entries()) {
      const event = events[index]
      if (event !== undefined) this.#tell(refusal, event)
    }
  }

  #tell({ code, message, pointer, entry }: Refusal, event: SentEvent): void {
    const { problems } = this.#options
    const { event_id: eventId, event_type: eventType, run_id: runId } = event
    const where = pointer === undefined || pointer === '' ? '' : ` at ${pointer}`
    const error = new RecorderError(
      'event_refused',
      `The log refused ${eventType} ${eventId} (${code}${where}): ${message} It is among the dead letters: counterfoil spool show ${eventId}`,
      pointer === undefined ? {} : { pointer },
    )
    entry?.markDurable()
    entry?.markRefused(error)
    problems.tell({ error, eventId, ...(runId !== undefined && { runId }) })
    this.#recordRefusal(code, event)
  }

  /** Its number, and its place in the run, are no gaps: the log is told that they were used. */
  #recordRefusal(code: string, event: SentEvent): void {
    const { record } = this.#options
    const { event_id: eventId, event_type: eventType, run_id: runId, run_seq: runSeq, producer } = event
    if (eventType === 'event_refused') {
      // Once more, without what may be wrong with it; after that it would go round for ever.
      const { reason_code: reason, attributes } = event
      if (runId !== undefined)
        record({ event_type: 'event_refused', ...(reason && { reason_code: reason }), attributes })
      return
    }
    const isInRun = runId !== undefined && idPattern.test(runId) && Number.isSafeInteger(runSeq)
    record({
      event_type: 'event_refused',
      ...(isInRun && { run_id: runId, run_seq: runSeq }),
      ...(codePattern.test(code) && { reason_code: code }),
      attributes: {
        refused_event_id: idPattern.test(eventId) ? eventId : 'unreadable',
        refused_type: eventType,
        ...(producer && { refused_instance: producer.instance, refused_seq: producer.seq }),
      },
    })
  }
}

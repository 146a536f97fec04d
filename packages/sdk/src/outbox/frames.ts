import type { DraftEvent } from './outbox.ts'

/** While runs are open the log hears from us at least so often; afterwards less. */
const busyWithinS = 60
const idleWithinS = 900

/**
 * The signs of life of this process. Each says how soon the next one comes (`next_within_s`), so that silence can be told
 * from leisure.
 */
export class Frames {
  readonly #record: (draft: DraftEvent) => void
  readonly #open = new Set<string>()
  #timer: NodeJS.Timeout | undefined
  #promisedS = idleWithinS

  constructor(record: (draft: DraftEvent) => void) {
    this.#record = record
  }

  /** The first event of a process. */
  start(): void {
    this.#say('producer_started', idleWithinS)
  }

  runOpened(runId: string): void {
    this.#open.add(runId)
    // Promised before the run's first event, so that its silence counts from now.
    if (this.#promisedS > busyWithinS) this.#say('producer_heartbeat', busyWithinS)
  }

  runEnded(runId: string): void {
    this.#open.delete(runId)
  }

  stop(): void {
    clearTimeout(this.#timer)
    this.#timer = undefined
    this.#record({ event_type: 'producer_stopped' })
  }

  cancel(): void {
    clearTimeout(this.#timer)
  }

  #say(type: 'producer_started' | 'producer_heartbeat', withinS: number): void {
    this.#promisedS = withinS
    this.#record({ event_type: type, attributes: { next_within_s: withinS } })
    clearTimeout(this.#timer)
    this.#timer = setTimeout(() => {
      this.#say('producer_heartbeat', this.#open.size > 0 ? busyWithinS : idleWithinS)
    }, withinS * 1_000)
    this.#timer.unref()
  }
}

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
  #isStarted = false
  #isSpeaking = false

  constructor(record: (draft: DraftEvent) => void) {
    this.#record = record
  }

  /** Before anything else of this process is recorded, and again when it goes on after a goodbye. */
  speak(): void {
    if (this.#isSpeaking) return
    this.#isSpeaking = true
    const type = this.#isStarted ? 'producer_heartbeat' : 'producer_started'
    this.#isStarted = true
    this.#say(type, this.#open.size > 0 ? busyWithinS : idleWithinS)
  }

  runOpened(runId: string): void {
    this.speak()
    this.#open.add(runId)
    // Promised before the run's first event, so that its silence counts from now.
    if (this.#promisedS > busyWithinS) this.#say('producer_heartbeat', busyWithinS)
  }

  runEnded(runId: string): void {
    this.#open.delete(runId)
  }

  /** The goodbye, if there is anybody to say it to. */
  stop(): void {
    clearTimeout(this.#timer)
    if (!this.#isSpeaking) return
    this.#isSpeaking = false
    this.#record({ event_type: 'producer_stopped' })
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

import { RecorderError } from '../errors.ts'
import type { Confirmation, Recorded } from './outbox.ts'

interface Waiter<T> {
  readonly resolve: (value: T) => void
  readonly reject: (error: RecorderError) => void
}

/** One recorded event on its way. Promises are made only for those who ask, and never reject unheard. */
export class Entry implements Recorded {
  readonly eventId: string
  readonly eventType: string
  /** Its number within this process: `producer.seq`. */
  readonly seq: number
  /** The event as JSON text, in the clear; dropped when it is sealed. */
  draft: string
  #isDurable = false
  #confirmation: Confirmation | RecorderError | undefined
  #durableWaiters: Waiter<void>[] = []
  #confirmWaiters: Waiter<Confirmation>[] = []
  readonly #onAsked: () => void

  constructor(identity: { eventId: string; eventType: string; seq: number }, draft: string, onAsked: () => void) {
    this.eventId = identity.eventId
    this.eventType = identity.eventType
    this.seq = identity.seq
    this.draft = draft
    this.#onAsked = onAsked
  }

  get spooled(): Promise<void> {
    if (this.#isDurable) return Promise.resolve()
    return heard(new Promise<void>((resolve, reject) => this.#durableWaiters.push({ resolve, reject })))
  }

  confirmed(timeoutMs: number): Promise<Confirmation> {
    const known = this.#confirmation
    if (known instanceof RecorderError) return heard(Promise.reject(known))
    if (known !== undefined) return Promise.resolve(known)
    this.#onAsked()
    return heard(
      new Promise<Confirmation>((resolve, reject) => {
        const timer = setTimeout(() => waiter.reject(this.#tooLate(timeoutMs)), timeoutMs)
        const waiter: Waiter<Confirmation> = {
          resolve: (value) => {
            clearTimeout(timer)
            resolve(value)
          },
          reject: (error) => {
            clearTimeout(timer)
            this.#confirmWaiters = this.#confirmWaiters.filter((other) => other !== waiter)
            reject(error)
          },
        }
        this.#confirmWaiters.push(waiter)
      }),
    )
  }

  /** Whether somebody waits for the log, and not for this machine alone. */
  get isAwaited(): boolean {
    return this.#confirmWaiters.length > 0
  }

  /** It is on disk here, or in the log. */
  markDurable(): void {
    if (this.#isDurable) return
    this.#isDurable = true
    for (const waiter of this.#durableWaiters) waiter.resolve()
    this.#durableWaiters = []
  }

  /** There is no room here now: those who wait are told. The event stays in memory and is tried again. */
  failSpooling(error: RecorderError): void {
    for (const waiter of this.#durableWaiters) waiter.reject(error)
    this.#durableWaiters = []
  }

  markConfirmed(confirmation: Confirmation): void {
    this.markDurable()
    this.#confirmation ??= confirmation
    for (const waiter of this.#confirmWaiters) waiter.resolve(confirmation)
    this.#confirmWaiters = []
  }

  /** The log will never have it. */
  markRefused(error: RecorderError): void {
    this.#confirmation ??= error
    this.failWaiters(error)
  }

  /** Those who wait are told now; the event itself stays on its way. */
  failWaiters(error: RecorderError): void {
    for (const waiter of [...this.#confirmWaiters]) waiter.reject(error)
  }

  #tooLate(timeoutMs: number): RecorderError {
    return new RecorderError(
      'log_unreachable',
      `The log did not acknowledge ${this.eventType} within ${timeoutMs} ms. The event is kept and will be delivered; nothing may rely on it yet.`,
    )
  }
}

/** A promise that nobody may be waiting for must not end the process. */
function heard<T>(promise: Promise<T>): Promise<T> {
  promise.catch(() => undefined)
  return promise
}

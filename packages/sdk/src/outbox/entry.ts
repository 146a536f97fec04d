import { RecorderError } from '../errors.ts'
import type { Confirmation, Recorded } from './outbox.ts'

interface Waiter<T> {
  readonly resolve: (value: T) => void
  readonly reject: (error: RecorderError) => void
}

/** What an event needs of the outbox that it is in. */
export interface EntryHost {
  /** Somebody waits for the log. Gives why waiting is in vain, if it is. */
  askLog(): RecorderError | undefined
  /** Somebody waits for the disk. */
  askDisk(): void
  /** What is the matter with delivery now, as a sentence; empty when nothing is. */
  describeProblem(): string
}

/** One recorded event on its way. Promises are made only for those who ask, and never reject unheard. */
export class Entry implements Recorded {
  readonly eventId: string
  readonly eventType: string
  /** The event as JSON text, in the clear; dropped when it is sealed. */
  draft: string
  readonly #host: EntryHost
  #isDurable = false
  #outcome: Confirmation | RecorderError | undefined
  #durableWaiters: Waiter<void>[] | undefined
  #confirmWaiters: Set<Waiter<Confirmation>> | undefined

  constructor(eventId: string, eventType: string, draft: string, host: EntryHost) {
    this.eventId = eventId
    this.eventType = eventType
    this.draft = draft
    this.#host = host
  }

  get spooled(): Promise<void> {
    if (this.#isDurable) return Promise.resolve()
    this.#host.askDisk()
    const waiters = (this.#durableWaiters ??= [])
    return heard(new Promise<void>((resolve, reject) => waiters.push({ resolve, reject })))
  }

  confirmed(timeoutMs: number): Promise<Confirmation> {
    const known = this.#outcome ?? this.#host.askLog()
    if (known instanceof RecorderError) return heard(Promise.reject(known))
    if (known !== undefined) return Promise.resolve(known)
    const waiters = (this.#confirmWaiters ??= new Set())
    return heard(
      new Promise<Confirmation>((resolve, reject) => {
        const timer = setTimeout(() => {
          waiters.delete(waiter)
          reject(this.#tooLate(timeoutMs))
        }, timeoutMs)
        const waiter: Waiter<Confirmation> = {
          resolve: (value) => {
            clearTimeout(timer)
            resolve(value)
          },
          reject: (error) => {
            clearTimeout(timer)
            reject(error)
          },
        }
        waiters.add(waiter)
      }),
    )
  }

  /** Whether somebody waits for the log, and not for this machine alone. */
  get isAwaited(): boolean {
    return this.#confirmWaiters !== undefined && this.#confirmWaiters.size > 0
  }

  get isDiskAwaited(): boolean {
    return this.#durableWaiters !== undefined
  }

  /** It is on disk here, or in the log, or kept among the dead letters. */
  markDurable(): void {
    this.#isDurable = true
    for (const waiter of this.#durableWaiters ?? []) waiter.resolve()
    this.#durableWaiters = undefined
  }

  /** There is no room here now: those who wait are told. The event stays in memory and is tried again. */
  failSpooling(error: RecorderError): void {
    for (const waiter of this.#durableWaiters ?? []) waiter.reject(error)
    this.#durableWaiters = undefined
  }

  markConfirmed(confirmation: Confirmation): void {
    this.markDurable()
    this.#outcome ??= confirmation
    for (const waiter of this.#confirmWaiters ?? []) waiter.resolve(confirmation)
    this.#confirmWaiters = undefined
  }

  /** No acknowledgement will come for it. */
  markRefused(error: RecorderError): void {
    this.#outcome ??= error
    this.failWaiters(error)
  }

  /** Those who wait are told now; the event itself stays on its way. */
  failWaiters(error: RecorderError): void {
    for (const waiter of this.#confirmWaiters ?? []) waiter.reject(error)
    this.#confirmWaiters = undefined
  }

  #tooLate(timeoutMs: number): RecorderError {
    return new RecorderError(
      'log_unreachable',
      `The log did not acknowledge ${this.eventType} within ${timeoutMs} ms. The event is kept and will be delivered; nothing may rely on it yet.${this.#host.describeProblem()}`,
    )
  }
}

/** A promise that nobody may be waiting for must not end the process. */
function heard<T>(promise: Promise<T>): Promise<T> {
  promise.catch(() => undefined)
  return promise
}

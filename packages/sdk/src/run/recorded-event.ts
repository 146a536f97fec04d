import type { Confirmation, Recorded } from '../outbox/outbox.ts'

/**
 * An event that was recorded. Awaiting it waits until it is durable on this machine or in the log; nobody has to: what goes
 * wrong with it fails the next action that changes something, and the end of the run.
 */
export class RecordedEvent implements PromiseLike<void> {
  readonly eventId: string
  readonly #recorded: Recorded
  readonly #confirmWithinMs: number

  constructor(recorded: Recorded, confirmWithinMs: number) {
    this.eventId = recorded.eventId
    this.#recorded = recorded
    this.#confirmWithinMs = confirmWithinMs
  }

  /** Waits for the log's acknowledgement. @throws RecorderError as the outbox says */
  confirmed(withinMs: number = this.#confirmWithinMs): Promise<Confirmation> {
    return this.#recorded.confirmed(withinMs)
  }

  // oxlint-disable-next-line unicorn/no-thenable -- it can be awaited, and need not be
  then<A = void, B = never>(
    onFulfilled?: ((value: void) => A | PromiseLike<A>) | null,
    onRejected?: ((reason: unknown) => B | PromiseLike<B>) | null,
  ): Promise<A | B> {
    return this.#recorded.spooled.then(onFulfilled, onRejected)
  }
}

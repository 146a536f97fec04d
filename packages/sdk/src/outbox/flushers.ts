import { RecorderError } from '../errors.ts'
import type { Delivery } from './delivery.ts'
import type { Journal } from './journal.ts'
import type { Problems } from './problems.ts'

interface Options {
  /** Also waits for these, but never fails for them. */
  readonly withLeftOvers?: readonly unknown[]
  /** Gives up as soon as something is the matter with delivery. */
  readonly untilProblem?: boolean
}

interface Flusher extends Options {
  /** Events below the number that this gives. */
  readonly until: () => number
  readonly settle: (error?: RecorderError) => void
}

/** Those who wait until everything is delivered. */
export class Flushers {
  readonly #journal: Journal
  readonly #delivery: Delivery
  readonly #problems: Problems
  readonly #waiting = new Set<Flusher>()

  constructor(journal: Journal, delivery: Delivery, problems: Problems) {
    this.#journal = journal
    this.#delivery = delivery
    this.#problems = problems
  }

  /** @throws RecorderError what keeps the log from answering, at once or after the time */
  async wait(until: () => number, timeoutMs: number, options: Options = {}): Promise<void> {
    const isNow = options.withLeftOvers === undefined && options.untilProblem !== true
    const first = until()
    // Who flushes means what is recorded by now; who closes means all there is.
    const target = isNow ? (): number => first : until
    let timer: NodeJS.Timeout | undefined
    try {
      await new Promise<void>((resolve, reject) => {
        const flusher: Flusher = {
          ...options,
          until: target,
          settle: (error) => {
            this.#waiting.delete(flusher)
            if (error === undefined) resolve()
            else reject(error)
          },
        }
        timer = setTimeout(() => flusher.settle(this.#late(target(), timeoutMs)), Math.max(0, timeoutMs))
        this.#waiting.add(flusher)
        if (this.#journal.delivered < first || (options.withLeftOvers?.length ?? 0) > 0) this.#delivery.nudge(true)
        this.settle()
      })
    } finally {
      clearTimeout(timer)
    }
  }

  /** Something was delivered, or cannot be. */
  settle(): void {
    const problem = this.#problems.delivery
    for (const flusher of this.#waiting) {
      const isDone = this.#journal.delivered >= flusher.until()
      if (isDone && (flusher.withLeftOvers?.length ?? 0) === 0) flusher.settle()
      else if (problem === undefined) continue
      else if (isDone) flusher.settle()
      else if (flusher.untilProblem === true || problem.code !== 'log_unreachable') flusher.settle(problem)
    }
  }

  /** Left-overs alone are no reason to complain. */
  #late(until: number, timeoutMs: number): RecorderError | undefined {
    const waiting = until - this.#journal.delivered
    if (waiting <= 0) return undefined
    const why = this.#problems.delivery === undefined ? '' : ` ${this.#problems.delivery.message}`
    return new RecorderError(
      'log_unreachable',
      `${waiting} events were not delivered within ${Math.round(timeoutMs)} ms. They are kept and will be.${why}`,
    )
  }
}

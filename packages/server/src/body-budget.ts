import { ProblemError } from './problem.ts'

/** Counts the bytes of request bodies in memory, so that many large requests at once cannot exhaust it. */
export class BodyBudget {
  readonly bytesMax: number
  #bytes = 0

  constructor(bytesMax: number) {
    this.bytesMax = bytesMax
  }

  get bytes(): number {
    return this.#bytes
  }

  /** A share of the budget that grows with its body and is given back as a whole. */
  open(): BodyShare {
    let held = 0
    return {
      take: (count) => {
        if (this.#bytes + count > this.bytesMax) {
          throw new ProblemError('busy', 'Too many request bodies are in memory.')
        }
        this.#bytes += count
        held += count
      },
      [Symbol.dispose]: () => {
        this.#bytes -= held
        held = 0
      },
    }
  }
}

export interface BodyShare extends Disposable {
  /** @throws ProblemError `busy` */
  take(count: number): void
}

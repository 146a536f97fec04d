import { RecorderError, type RecorderErrorCode } from '../errors.ts'
import type { OutboxProblem, OutboxState } from './outbox.ts'

/** What is the matter: what cannot be delivered or kept now, and what was lost or refused for good. */
export class Problems {
  readonly #callback: (problem: OutboxProblem) => void
  #delivery: RecorderError | undefined
  #spool: RecorderError | undefined

  constructor(callback: ((problem: OutboxProblem) => void) | undefined) {
    this.#callback = callback ?? createStandardErrorTeller()
  }

  /** Why nothing can be delivered now. */
  get delivery(): RecorderError | undefined {
    return this.#delivery
  }

  get current(): OutboxState['problem'] {
    const problem = this.#delivery ?? this.#spool
    return problem && { code: problem.code, message: problem.message }
  }

  /** Delivery fails, or works again; told when the reason is another than before. */
  setDelivery(problem: RecorderError | undefined): void {
    const isNew = problem !== undefined && problem.code !== this.#delivery?.code
    this.#delivery = problem
    if (isNew) this.tell({ error: problem })
  }

  /** As {@link setDelivery}, for what is to be kept on this machine. */
  setSpool(problem: RecorderError | undefined): void {
    const isNew = problem !== undefined && problem.code !== this.#spool?.code
    this.#spool = problem
    if (isNew) this.tell({ error: problem })
  }

  tell(problem: OutboxProblem): void {
    try {
      this.#callback(problem)
    } catch {
      // A callback that fails must not stop what is being recorded.
    }
  }

  /** @see tell */
  tellOf(code: RecorderErrorCode, message: string): void {
    this.tell({ error: new RecorderError(code, message) })
  }
}

function createStandardErrorTeller(): (problem: OutboxProblem) => void {
  const told = new Set<string>()
  return ({ error }) => {
    if (told.has(error.code)) return
    told.add(error.code)
    process.stderr.write(`counterfoil: ${error.code}: ${error.message}\n`)
  }
}

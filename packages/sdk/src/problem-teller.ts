import type { RecorderError } from './errors.ts'
import type { RecorderProblem } from './recorder-options.ts'

/** Tells of what no caller can be told of: to the integrator's callback, else one line on stderr for every kind of it. */
export class ProblemTeller {
  readonly #callback: ((problem: RecorderProblem) => void) | undefined
  readonly #told = new Set<string>()

  constructor(callback: ((problem: RecorderProblem) => void) | undefined) {
    this.#callback = callback
  }

  tell({ code, message }: RecorderError, runId: string | undefined): void {
    try {
      if (this.#callback !== undefined) this.#callback({ code, message, ...(runId !== undefined && { runId }) })
      else if (!this.#told.has(code)) process.stderr.write(`counterfoil: ${code}: ${message}\n`)
    } catch {
      // A callback that fails must not stop what is being recorded.
    }
    this.#told.add(code)
  }
}

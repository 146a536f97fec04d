import type { AsyncLocalStorage } from 'node:async_hooks'
import type { OpenRun } from './open-run.ts'

/** Where code runs that the recorder called: what it records belongs there, however deep the calls. */
export interface RunContext {
  readonly run: OpenRun
  /** The event because of which this code runs: the intent of an action, inside its function. */
  readonly causationId?: string
  /** The runs that wait for this code before they end: inside of it they cannot end. */
  readonly inside?: readonly OpenRun[]
}

export type RunContextStorage = AsyncLocalStorage<RunContext>

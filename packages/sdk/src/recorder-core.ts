import type { ApprovalDesk } from './approval/approval-desk.ts'
import type { RecorderError } from './errors.ts'
import type { Outbox } from './outbox/outbox.ts'
import type { OpenRun } from './run/open-run.ts'
import type { RunContextStorage } from './run/run-context.ts'

/** Whether an action waits for the log or for this machine's spool before it runs. */
export type Delivery = 'strict' | 'spool'

/** An agent as it appears in the log. */
export interface Agent {
  readonly id: string
  readonly version?: string
}

/** What runs and actions need of their recorder. */
export interface RecorderCore {
  readonly outbox: Outbox
  readonly context: RunContextStorage
  readonly desk: ApprovalDesk
  readonly agent: Agent | undefined
  readonly environment: string | undefined
  /** For actions that say nothing themselves and change something. */
  readonly delivery: Delivery
  /** How long a strict action waits for the log. */
  readonly confirmWithinMs: number
  /** How long a person has where no check says so. */
  readonly approvalWithinMs: number
  /** Aborts when the recorder is being closed: nothing more begins. */
  readonly closing: AbortSignal
  urlOfRun(runId: string): string
  runOpened(run: OpenRun): void
  runEnded(run: OpenRun): void
  /** Tells the integrator of something that no caller can be told of. */
  tellProblem(error: RecorderError, runId?: string): void
}

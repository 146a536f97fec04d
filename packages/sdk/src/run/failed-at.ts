import { ActionNotRun } from '../action/action-not-run.ts'
import { RecorderError } from '../errors.ts'

/** The stages at which a run can fail, as the log has them. */
export type Stage = 'retrieval' | 'decision' | 'validation' | 'approval' | 'execution'

/** Where errors came from that the recorder saw being thrown. */
const stages = new WeakMap<object, Stage>()

/** Remembers where an error came from, so that a run that ends with it can say so. */
export function markStage(error: unknown, stage: Stage): void {
  if (typeof error === 'object' && error !== null && !stages.has(error)) stages.set(error, stage)
}

/** The stage at which a run failed, from the error that ended it. What no action threw is the agent's own deciding. */
export function failedAt(error: unknown): Stage {
  if (typeof error !== 'object' || error === null) return 'decision'
  const marked = stages.get(error)
  if (marked !== undefined) return marked
  if (error instanceof ActionNotRun) return stageOfRefusal(error)
  if (error instanceof RecorderError) return 'execution'
  if (error instanceof AggregateError) {
    const first: unknown = error.errors[0]
    return first === undefined ? 'decision' : failedAt(first)
  }
  return error instanceof Error && error.cause !== undefined ? failedAt(error.cause) : 'decision'
}

function stageOfRefusal({ code }: ActionNotRun): Stage {
  if (code.startsWith('approval_')) return 'approval'
  if (code.startsWith('check_') || code === 'parameters_invalid' || code === 'action_invalid') return 'validation'
  return 'execution'
}

import type { OpenAction } from './open-action.ts'
import type { Refusal } from './refusal.ts'

/**
 * Why nobody waits for this action any more: a person stopped the run, the run has ended, or the caller took it back.
 *
 * @param isLate the run had ended, or was ending, when somebody asked for the action
 */
export function withdrawalOf({ run, identity }: OpenAction, isLate: boolean): Refusal | undefined {
  if (run.stop !== undefined) return { code: 'run_stopped', why: `${run.stop.actorId} stopped the run` }
  if (run.core.closing.aborted) return { code: 'recorder_closed', why: 'the recorder is being closed' }
  if (isLate || run.closing.aborted) return { code: 'run_ended', why: 'its run has ended' }
  return identity.signal.aborted ? { code: 'action_cancelled', why: 'its caller took it back' } : undefined
}

import { typesThatCount } from './action-row.ts'
import type { ActionState } from './action-state.ts'

/** What `has:` can ask of an action, and the types of events that answer it. */
const typesByPart = {
  proposal: ['decision_proposed'],
  check: ['validation_passed', 'validation_failed'],
  approval: ['approval_requested', 'approval_granted', 'approval_rejected', 'approval_expired', 'approval_cancelled'],
  edit: ['decision_overridden'],
  effect: ['side_effect_applied', 'side_effect_blocked', 'side_effect_unknown', 'side_effect_reverted'],
} as const

export type ActionPartName = keyof typeof typesByPart

const partNames = Object.keys(typesByPart) as ActionPartName[]

/** Which parts of its story an action has. */
export function actionParts(state: ActionState): ActionPartName[] {
  const types = typesThatCount(state)
  return partNames.filter((part) => typesByPart[part].some((type) => types.has(type)))
}

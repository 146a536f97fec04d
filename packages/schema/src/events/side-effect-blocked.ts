import { defineEvent } from '../define-event.ts'

export const sideEffectBlocked = defineEvent({
  type: 'side_effect_blocked',
  since: '1.0',
  group: 'effects',
  writer: 'run',
  summary: 'The effect was prevented: by a check, a missing approval, a stop.',
  required: ['action', 'effect'],
  optional: ['target', 'also_affects', 'tool', 'result'],
  only: { effect: { status: ['not_applied'] }, result: ['failure', 'denied', 'pending', 'cancelled', 'unknown'] },
  example: {
    action: { id: '01939c5e-7a10-7a01-9d55-000000000001', type: 'refund.create', effect_class: 'financial' },
    target: { type: 'order', id: 'W1001', version: '7' },
    effect: { status: 'not_applied' },
    reason_code: 'approval_rejected',
  },
})

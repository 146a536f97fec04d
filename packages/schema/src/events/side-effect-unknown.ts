import { defineEvent } from '../define-event.ts'

export const sideEffectUnknown = defineEvent({
  type: 'side_effect_unknown',
  since: '1.0',
  group: 'effects',
  writer: 'run',
  summary: 'Nobody knows whether the effect happened.',
  required: ['action', 'effect'],
  optional: ['target', 'also_affects', 'tool', 'result'],
  only: { effect: { status: ['unknown'] }, result: ['failure', 'pending', 'unknown'] },
  example: {
    action: { id: '01939c5e-7a10-7a01-9d55-000000000001', type: 'refund.create', effect_class: 'financial' },
    target: { type: 'order', id: 'W1001', version: '7' },
    effect: { status: 'unknown' },
    reason_code: 'timeout',
  },
})

import { defineEvent } from '../define-event.ts'

export const sideEffectApplied = defineEvent({
  type: 'side_effect_applied',
  since: '1.0',
  group: 'effects',
  writer: 'run',
  summary: 'The effect happened, says the code that made the call.',
  required: ['action', 'effect'],
  optional: ['target', 'also_affects', 'tool', 'result'],
  only: { effect: { status: ['applied'] }, result: ['success'] },
  example: {
    action: { id: '01939c5e-7a10-7a01-9d55-000000000001', type: 'refund.create', effect_class: 'financial' },
    target: { type: 'order', id: 'W1001', version: '7' },
    effect: { status: 'applied', external_ref: 're_3QK9' },
  },
})

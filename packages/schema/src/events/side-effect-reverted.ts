import { defineEvent } from '../define-event.ts'

export const sideEffectReverted = defineEvent({
  type: 'side_effect_reverted',
  since: '1.0',
  group: 'effects',
  writer: 'run',
  summary: 'An effect was undone.',
  required: ['action', 'effect'],
  optional: ['target', 'also_affects', 'tool', 'result'],
  only: { effect: { status: ['reverted'] }, result: ['success'] },
  example: {
    action: { id: '01939c5e-7a10-7a01-9d55-000000000001', type: 'refund.create', effect_class: 'financial' },
    target: { type: 'order', id: 'W1001', version: '7' },
    effect: { status: 'reverted', external_ref: 're_3QK9', reverts: '01939c5e-7a10-7c3e-8d55-3f0a6d1b2c45' },
  },
})

import { defineEvent } from '../define-event.ts'

export const effectObserved = defineEvent({
  type: 'effect_observed',
  since: '1.0',
  group: 'world',
  writer: 'observer',
  inRun: 'never',
  summary: 'An independent source saw an effect. It belongs to no run; matches are derived.',
  required: ['effect', 'target'],
  optional: ['also_affects', 'result'],
  example: {
    target: { type: 'order', id: 'W1001', version: '7' },
    effect: { status: 'applied', external_ref: 're_3QK9', source: 'stripe' },
  },
})

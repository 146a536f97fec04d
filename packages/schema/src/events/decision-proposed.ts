import { defineEvent } from '../define-event.ts'

export const decisionProposed = defineEvent({
  type: 'decision_proposed',
  since: '1.0',
  group: 'decision',
  writer: 'run',
  summary: 'The agent proposed an action. Its parameters stand in the payload under `parameters`.',
  required: ['action'],
  optional: ['target', 'also_affects', 'confidence', 'model', 'prompt_ref', 'policy_ref', 'sources', 'tool', 'result'],
  example: {
    action: { id: '01939c5e-7a10-7a01-9d55-000000000001', type: 'refund.create', effect_class: 'financial' },
    target: { type: 'order', id: 'W1001', version: '7' },
    reason_code: 'item_damaged',
    confidence: 'high',
    model: { provider: 'openai', name: 'gpt-4.1' },
    attributes: { order: 'W1001', amount_minor: 24000, currency: 'EUR' },
  },
})

import { defineEvent } from '../define-event.ts'

export const runCreated = defineEvent({
  type: 'run_created',
  since: '1.0',
  group: 'run',
  writer: 'run',
  summary: 'A run began: which workflow, for whom, and what triggered it.',
  required: ['workflow', 'trigger'],
  optional: ['parent_run_id', 'model', 'prompt_ref', 'policy_ref'],
  example: {
    workflow: { name: 'refunds', version: '4.2.1' },
    environment: 'production',
    customer_id: 'acme',
    trigger: { type: 'event', ref: 'ticket:88123' },
    actor: { type: 'agent', id: 'refund-agent', version: '4.2.1' },
  },
})

import { defineEvent } from '../define-event.ts'

export const inputResolved = defineEvent({
  type: 'input_resolved',
  since: '1.0',
  group: 'context',
  writer: 'run',
  summary: 'Input that the agent used: a message, a record, a prompt, by reference with versions.',
  optional: ['sources', 'model', 'prompt_ref', 'policy_ref', 'result'],
  example: {
    sources: [{ type: 'order', id: 'W1001', version: '7', trust: 'trusted' }],
    prompt_ref: 'triage@7',
    policy_ref: 'refunds@12',
  },
})

import { defineEvent } from '../define-event.ts'

export const toolCalled = defineEvent({
  type: 'tool_called',
  since: '1.0',
  group: 'execution',
  writer: 'run',
  summary: 'A tool with an effect was called: the intent, stored before the call.',
  required: ['action', 'tool'],
  optional: ['target', 'also_affects', 'result'],
  example: {
    action: { id: '01939c5e-7a10-7a01-9d55-000000000001', type: 'refund.create', effect_class: 'financial' },
    target: { type: 'order', id: 'W1001', version: '7' },
    tool: { name: 'create_refund', call_id: 'call_2' },
  },
})

import { defineEvent } from '../define-event.ts'

export const toolCompleted = defineEvent({
  type: 'tool_completed',
  since: '1.0',
  group: 'execution',
  writer: 'run',
  summary: 'The call returned: success says that the tool answered, not that the effect happened.',
  required: ['action', 'tool', 'result'],
  optional: ['target', 'effect'],
  example: {
    action: { id: '01939c5e-7a10-7a01-9d55-000000000001', type: 'refund.create', effect_class: 'financial' },
    tool: { name: 'create_refund', call_id: 'call_2' },
    result: 'success',
  },
})

import { defineEvent } from '../define-event.ts'

export const retrievalCompleted = defineEvent({
  type: 'retrieval_completed',
  since: '1.0',
  group: 'context',
  writer: 'run',
  summary: 'The agent read something: a tool without effect, a search, a file.',
  optional: ['sources', 'tool', 'target', 'result', 'action'],
  example: {
    tool: { name: 'get_order', call_id: 'call_1' },
    sources: [{ type: 'order', id: 'W1001', version: '7', trust: 'trusted' }],
    result: 'success',
  },
})

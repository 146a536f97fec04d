import { defineEvent } from '../define-event.ts'

export const runCompleted = defineEvent({
  type: 'run_completed',
  since: '1.0',
  group: 'run',
  writer: 'run',
  summary: 'The run came to its end. That alone does not mean that its effects happened.',
  optional: ['result'],
  example: { result: 'success' },
})

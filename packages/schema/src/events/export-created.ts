import { defineEvent } from '../define-event.ts'

export const exportCreated = defineEvent({
  type: 'export_created',
  since: '1.0',
  group: 'log',
  writer: 'server',
  inRun: 'maybe',
  summary: 'An export was made.',
  optional: ['action', 'target', 'result'],
  example: { actor: { type: 'human', id: 'usr-19' } },
})

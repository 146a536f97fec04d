import { defineEvent } from '../define-event.ts'

export const configChanged = defineEvent({
  type: 'config_changed',
  since: '1.0',
  group: 'log',
  writer: 'server',
  inRun: 'maybe',
  summary: 'The configuration of the log changed.',
  optional: ['action', 'target', 'result'],
  example: { actor: { type: 'human', id: 'usr-19' } },
})

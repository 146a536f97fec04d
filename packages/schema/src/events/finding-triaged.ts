import { defineEvent } from '../define-event.ts'

export const findingTriaged = defineEvent({
  type: 'finding_triaged',
  since: '1.0',
  group: 'log',
  writer: 'server',
  inRun: 'maybe',
  summary: 'Somebody triaged a finding.',
  optional: ['action', 'target', 'result'],
  example: { actor: { type: 'human', id: 'usr-19' } },
})

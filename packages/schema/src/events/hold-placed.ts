import { defineEvent } from '../define-event.ts'

export const holdPlaced = defineEvent({
  type: 'hold_placed',
  since: '1.0',
  group: 'log',
  writer: 'server',
  inRun: 'maybe',
  summary: 'A legal hold was placed.',
  optional: ['action', 'target', 'result'],
  example: { actor: { type: 'human', id: 'usr-19' } },
})

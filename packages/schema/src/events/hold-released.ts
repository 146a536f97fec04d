import { defineEvent } from '../define-event.ts'

export const holdReleased = defineEvent({
  type: 'hold_released',
  since: '1.0',
  group: 'log',
  writer: 'server',
  inRun: 'maybe',
  summary: 'A legal hold was released.',
  optional: ['action', 'target', 'result'],
  example: { actor: { type: 'human', id: 'usr-19' } },
})

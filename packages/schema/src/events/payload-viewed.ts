import { defineEvent } from '../define-event.ts'

export const payloadViewed = defineEvent({
  type: 'payload_viewed',
  since: '1.0',
  group: 'log',
  writer: 'server',
  inRun: 'maybe',
  summary: 'Somebody read payloads.',
  optional: ['action', 'target', 'result'],
  example: { actor: { type: 'human', id: 'usr-19' } },
})

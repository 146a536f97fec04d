import { defineEvent } from '../define-event.ts'

export const producerHeartbeat = defineEvent({
  type: 'producer_heartbeat',
  since: '1.0',
  group: 'producers',
  writer: 'any',
  inRun: 'maybe',
  summary: 'The process is alive; its sequence number tells how much it has sent.',
  required: ['producer'],
  example: { producer: { instance: 'worker-4-7f3c', seq: 41 } },
})

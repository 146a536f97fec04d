import { defineEvent } from '../define-event.ts'

export const producerStarted = defineEvent({
  type: 'producer_started',
  since: '1.0',
  group: 'producers',
  writer: 'any',
  inRun: 'maybe',
  summary: 'A process that records events began.',
  required: ['producer'],
  example: { producer: { instance: 'worker-4-7f3c', seq: 0 } },
})

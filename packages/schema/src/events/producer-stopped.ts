import { defineEvent } from '../define-event.ts'

export const producerStopped = defineEvent({
  type: 'producer_stopped',
  since: '1.0',
  group: 'producers',
  writer: 'any',
  inRun: 'maybe',
  summary: 'The process ended in good order and has sent everything.',
  required: ['producer'],
  example: { producer: { instance: 'worker-4-7f3c', seq: 42 } },
})

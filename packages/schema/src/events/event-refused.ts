import { defineEvent } from '../define-event.ts'

export const eventRefused = defineEvent({
  type: 'event_refused',
  since: '1.0',
  group: 'producers',
  writer: 'any',
  inRun: 'maybe',
  summary: 'An event was refused for good, and stands in no other entry; its number is no gap.',
  optional: ['action', 'target', 'result'],
  example: {
    reason_code: 'field_invalid',
    attributes: {
      refused_event_id: '01939c5e-7a10-7c3e-8d55-3f0a6d1b2c45',
      refused_type: 'tool_called',
      refused_instance: 'worker-4-7f3c',
      refused_seq: 17,
    },
    producer: { instance: 'worker-4-7f3c', seq: 19 },
  },
})

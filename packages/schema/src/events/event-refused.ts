import { defineEvent } from '../define-event.ts'

export const eventRefused = defineEvent({
  type: 'event_refused',
  since: '1.0',
  group: 'producers',
  writer: 'server',
  inRun: 'maybe',
  summary: 'An event was refused by a guard; the refusal is on record.',
  optional: ['action', 'target', 'result'],
  example: {
    reason_code: 'guard_failed',
    attributes: { refused_event_id: '01939c5e-7a10-7c3e-8d55-3f0a6d1b2c45', refused_type: 'tool_called' },
  },
})

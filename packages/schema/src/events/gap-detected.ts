import { defineEvent } from '../define-event.ts'

export const gapDetected = defineEvent({
  type: 'gap_detected',
  since: '1.0',
  group: 'producers',
  writer: 'server',
  inRun: 'maybe',
  summary: 'Events of a producer are missing: sent numbers skip.',
  optional: ['action', 'target', 'result'],
  example: { attributes: { instance: 'worker-4-7f3c', first_missing: 12, last_missing: 13 } },
})

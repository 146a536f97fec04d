import { defineEvent } from '../define-event.ts'

export const gapHealed = defineEvent({
  type: 'gap_healed',
  since: '1.0',
  group: 'producers',
  writer: 'server',
  inRun: 'maybe',
  summary: 'The missing events of a producer arrived late.',
  optional: ['action', 'target', 'result'],
  example: { attributes: { instance: 'worker-4-7f3c', first_missing: 12, last_missing: 13 } },
})

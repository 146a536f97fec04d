import { defineEvent } from '../define-event.ts'

export const retentionApplied = defineEvent({
  type: 'retention_applied',
  since: '1.0',
  group: 'log',
  writer: 'server',
  inRun: 'maybe',
  summary: 'Payloads past their retention were erased.',
  optional: ['action', 'target', 'result'],
  example: { attributes: { erased: 12 } },
})

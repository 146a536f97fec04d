import { defineEvent } from '../define-event.ts'

export const logRecovered = defineEvent({
  type: 'log_recovered',
  since: '1.0',
  group: 'log',
  writer: 'server',
  inRun: 'maybe',
  summary: 'This log continues another one that lost entries; it names the last head that was known.',
  optional: ['action', 'target', 'result'],
  example: { attributes: { predecessor: 'counterfoil.local/5b1f', remembered_size: 120, found_size: 90 } },
})

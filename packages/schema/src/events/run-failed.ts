import { defineEvent } from '../define-event.ts'

export const runFailed = defineEvent({
  type: 'run_failed',
  since: '1.0',
  group: 'run',
  writer: 'run',
  summary: 'The run ended with an error, at a stage.',
  required: ['failed_at'],
  optional: ['result'],
  only: { result: ['failure', 'denied', 'cancelled', 'unknown'] },
  example: { failed_at: 'execution', result: 'failure', reason_code: 'upstream_unavailable' },
})

import { defineEvent } from '../define-event.ts'

export const runCancelled = defineEvent({
  type: 'run_cancelled',
  since: '1.0',
  group: 'run',
  writer: 'run',
  summary: 'Somebody stopped the run before its end.',
  optional: ['result'],
  only: { result: ['denied', 'cancelled', 'unknown'] },
  example: { actor: { type: 'human', id: 'usr-19' }, result: 'cancelled', reason_code: 'stopped_by_human' },
})

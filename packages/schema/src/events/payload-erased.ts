import { defineEvent } from '../define-event.ts'

export const payloadErased = defineEvent({
  type: 'payload_erased',
  since: '1.0',
  group: 'log',
  writer: 'server',
  inRun: 'maybe',
  summary: 'Payloads were erased by destroying their keys; the proofs still hold.',
  optional: ['action', 'target', 'result'],
  example: { reason_code: 'erasure_request', attributes: { scope: 'run' } },
})

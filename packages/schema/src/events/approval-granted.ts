import { defineEvent } from '../define-event.ts'

export const approvalGranted = defineEvent({
  type: 'approval_granted',
  since: '1.0',
  group: 'approval',
  writer: 'approval',
  summary:
    'A person said yes. From an ingest key it is an approval that happened elsewhere: claimed, and never enough for enforcement.',
  required: ['action', 'approval'],
  optional: ['target', 'result'],
  only: { approval: { decision: ['approved'] } },
  example: {
    actor: { type: 'human', id: 'usr-19' },
    action: { id: '01939c5e-7a10-7a01-9d55-000000000001', type: 'refund.create', effect_class: 'financial' },
    approval: { request_id: 'apr-31', mode: 'single', decision: 'approved', surface: 'slack', ref: 'C02-1719' },
  },
})

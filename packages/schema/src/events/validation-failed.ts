import { defineEvent } from '../define-event.ts'

export const validationFailed = defineEvent({
  type: 'validation_failed',
  since: '1.0',
  group: 'checks',
  writer: 'run_or_policy',
  summary: 'A check of an action denied it or asked for a person.',
  required: ['check'],
  optional: ['action', 'target', 'policy_ref', 'result'],
  only: { check: { verdict: ['deny', 'require_approval'] } },
  example: {
    action: { id: '01939c5e-7a10-7a01-9d55-000000000001', type: 'refund.create', effect_class: 'financial' },
    check: {
      name: 'amount_limit',
      verdict: 'require_approval',
      enforced: 'held',
      policy_id: 'refunds',
      policy_version: '12',
      rule_id: 'over_200',
    },
  },
})

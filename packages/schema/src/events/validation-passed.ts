import { defineEvent } from '../define-event.ts'

export const validationPassed = defineEvent({
  type: 'validation_passed',
  since: '1.0',
  group: 'checks',
  writer: 'run_or_policy',
  summary: 'A check of an action allowed it, warned, or modified it.',
  required: ['check'],
  optional: ['action', 'target', 'policy_ref', 'result'],
  only: { check: { verdict: ['allow', 'warn', 'modify'] } },
  example: {
    action: { id: '01939c5e-7a10-7a01-9d55-000000000001', type: 'refund.create', effect_class: 'financial' },
    check: {
      name: 'amount_limit',
      verdict: 'allow',
      enforced: 'allowed',
      policy_id: 'refunds',
      policy_version: '12',
      rule_id: 'over_200',
    },
  },
})

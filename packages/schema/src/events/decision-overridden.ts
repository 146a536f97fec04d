import { defineEvent } from '../define-event.ts'

export const decisionOverridden = defineEvent({
  type: 'decision_overridden',
  since: '1.0',
  group: 'decision',
  writer: 'run',
  summary: 'A person changed the course of the run or of an action.',
  // The server has no place in the order of a run: a person who stops one leaves no run_seq.
  inRun: 'maybe',
  required: ['run_id', 'actor'],
  optional: ['action', 'target', 'result'],
  only: { actor: { type: ['human'] } },
  example: {
    actor: { type: 'human', id: 'usr-19' },
    action: { id: '01939c5e-7a10-7a01-9d55-000000000001', type: 'refund.create', effect_class: 'financial' },
    reason_code: 'overridden_by_human',
  },
})

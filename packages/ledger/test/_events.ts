import type { TestEvent } from './_ledger.ts'

let counter = 0

/** A UUIDv7, greater than the one before. */
export function nextId(): string {
  counter += 1
  const tail = counter.toString(16).padStart(12, '0')
  return `01939c5e-7a10-7000-8000-${tail}`
}

/** One event of a run, at a fixed time that follows from its place in the run. */
export function runEvent(type: string, runId: string, seq: number, fields: TestEvent = {}): TestEvent {
  return {
    schema_version: '1.0',
    event_id: nextId(),
    event_type: type,
    occurred_at: new Date(Date.UTC(2026, 10, 23, 10, 0, seq)).toISOString(),
    run_id: runId,
    run_seq: seq,
    ...fields,
  }
}

export function runCreated(runId: string, fields: TestEvent = {}): TestEvent {
  return runEvent('run_created', runId, 0, {
    workflow: { name: 'refunds', version: '4.2.1' },
    trigger: { type: 'event', ref: 'ticket:88123' },
    customer_id: 'acme',
    actor: { type: 'agent', id: 'refund-agent' },
    ...fields,
  })
}

export interface TestAction {
  readonly action: { readonly id: string; readonly type: string; readonly effect_class: string }
  readonly target: { readonly type: string; readonly id: string }
}

export function newAction(type = 'refund.create', effectClass = 'financial'): TestAction {
  return {
    action: { id: nextId(), type, effect_class: effectClass },
    target: { type: 'order', id: `W${counter}` },
  }
}

/** A whole run with one refund: asked, allowed, approved elsewhere, called, applied. */
export function refundRun(runId: string, { action, target } = newAction()): TestEvent[] {
  const tool = { name: 'create_refund', call_id: 'call_1' }
  const approval = { request_id: 'apr-31', mode: 'single', surface: 'slack' }
  return [
    runCreated(runId, { payload: { message: 'the parcel arrived damaged' } }),
    runEvent('input_resolved', runId, 1, { sources: [{ type: 'order', id: target.id, version: '7' }] }),
    runEvent('decision_proposed', runId, 2, {
      action,
      target,
      reason_code: 'item_damaged',
      attributes: { order: target.id, amount_minor: 24_000, currency: 'EUR' },
      payload: { parameters: { order: target.id, amount: 240 }, reasoning: 'photos show the damage' },
    }),
    runEvent('validation_failed', runId, 3, {
      action,
      check: { name: 'amount_limit', verdict: 'require_approval', enforced: 'held', rule_id: 'over_200' },
    }),
    runEvent('approval_requested', runId, 4, { action, approval }),
    runEvent('approval_granted', runId, 5, {
      action,
      actor: { type: 'human', id: 'usr-19' },
      approval: { ...approval, decision: 'approved' },
    }),
    runEvent('tool_called', runId, 6, { action, target, tool }),
    runEvent('tool_completed', runId, 7, { action, tool, result: 'success' }),
    runEvent('side_effect_applied', runId, 8, {
      action,
      target,
      effect: { status: 'applied', external_ref: 're_3QK9' },
    }),
    runEvent('run_completed', runId, 9, { result: 'success' }),
  ]
}

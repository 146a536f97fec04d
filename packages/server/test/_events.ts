let counter = 0

/** A UUIDv7, greater than the one before. */
export function nextId(): string {
  counter++
  const time = (Date.now() + counter).toString(16).padStart(12, '0')
  const tail = counter.toString(16).padStart(12, '0')
  return `${time.slice(0, 8)}-${time.slice(8)}-7000-8000-${tail}`
}

export type TestEvent = Record<string, unknown> & { readonly event_id: string; readonly run_id: string }

export function runCreated(runId: string, fields: Record<string, unknown> = {}): TestEvent {
  return {
    schema_version: '1.0',
    event_id: nextId(),
    event_type: 'run_created',
    run_id: runId,
    run_seq: 0,
    workflow: { name: 'refunds', version: '1.0.0' },
    trigger: { type: 'event', ref: 'ticket:1' },
    customer_id: 'acme',
    actor: { type: 'agent', id: 'refund-agent' },
    ...fields,
  }
}

export function inputResolved(runId: string, seq: number, fields: Record<string, unknown> = {}): TestEvent {
  return {
    schema_version: '1.0',
    event_id: nextId(),
    event_type: 'input_resolved',
    run_id: runId,
    run_seq: seq,
    ...fields,
  }
}

/** A run with one refund, from trigger to end. */
export function refundRun(runId: string, parameters: unknown = { order: 'W1001' }): TestEvent[] {
  const action = { id: nextId(), type: 'refund.create', effect_class: 'financial' }
  const target = { type: 'order', id: `${runId}-order` }
  const event = (type: string, seq: number, fields: Record<string, unknown>): TestEvent => ({
    schema_version: '1.0',
    event_id: nextId(),
    event_type: type,
    run_id: runId,
    run_seq: seq,
    ...fields,
  })
  return [
    runCreated(runId, { payload: { message: `${runId} asks for a refund` } }),
    event('input_resolved', 1, { sources: [{ type: 'order', id: 'W1001' }] }),
    event('decision_proposed', 2, { action, target, payload: { parameters } }),
    event('validation_passed', 3, { action, check: { name: 'amount_limit', verdict: 'allow', enforced: 'allowed' } }),
    event('tool_called', 4, { action, target, tool: { name: 'create_refund' } }),
    event('side_effect_applied', 5, { action, target, effect: { status: 'applied', external_ref: `re_${runId}` } }),
    event('run_completed', 6, { result: 'success' }),
  ]
}

import { createEventId } from '@counterfoil/schema'

/** Events of one run of the workload. */
export const eventsPerRun = 51

const actionsPerRun = 8
/** Of 530 characters or so: what a model writes, what a tool answers. */
const sentences = [
  'The customer wrote that the parcel arrived damaged and asked for a refund of the full amount.',
  'Photos of the broken handle were attached to the ticket; the order was delivered two days ago.',
  'The policy allows a refund within thirty days when the damage is visible and the item is not worn.',
  'No earlier refund exists for this order, and the amount is below the limit that needs a second person.',
  'The payment provider accepted the request and expects the money to arrive within five working days.',
  'A short confirmation was drafted, with an apology and the number of the case for later questions.',
]

type WorkloadEvent = Record<string, unknown>

/** One run as a support agent would record it: created, input, eight actions from proposal to effect, completed. */
export function workloadRun(number: number): WorkloadEvent[] {
  const runId = createEventId()
  const target = { type: 'order', id: `W${number}` }
  let sequence = 0
  const event = (type: string, more: WorkloadEvent, payload?: WorkloadEvent): WorkloadEvent => ({
    schema_version: '1.0',
    event_id: createEventId(),
    event_type: type,
    occurred_at: new Date().toISOString(),
    run_id: runId,
    run_seq: sequence++,
    actor: { type: 'agent', id: 'refund-agent', version: '4.2.1' },
    ...more,
    ...(payload !== undefined && { payload }),
  })
  const events = [
    event(
      'run_created',
      {
        workflow: { name: 'refunds', version: '4.2.1' },
        environment: 'production',
        customer_id: `cust-${number % 500}`,
        trigger: { type: 'event', ref: `ticket:${number}` },
      },
      { text: prose(number) },
    ),
    event(
      'input_resolved',
      { sources: [{ type: 'order', id: `W${number}`, version: '7', trust: 'trusted' }], prompt_ref: 'triage@7' },
      { text: prose(number + 1) },
    ),
  ]
  for (let at = 0; at < actionsPerRun; at += 1) {
    const id = createEventId()
    const action = { id, type: 'refund.create', effect_class: 'financial', idempotency_key: id }
    const tool = { name: 'create_refund' }
    const text = (step: number): string => prose(number + at + step)
    events.push(
      event(
        'decision_proposed',
        {
          action,
          target,
          reason_code: 'item_damaged',
          confidence: 'high',
          attributes: { order: `W${number}`, amount_minor: 24_000 + (number % 1_000), currency: 'EUR' },
        },
        { parameters: { order: `W${number}`, amount: 240, reason: 'damaged' }, reasoning: text(0) },
      ),
      event(
        'validation_passed',
        {
          action,
          check: {
            name: 'amount_limit',
            verdict: 'allow',
            enforced: 'allowed',
            policy_id: 'refunds',
            policy_version: '12',
            rule_id: 'under_500',
          },
        },
        { detail: text(1) },
      ),
      event(
        'validation_passed',
        { action, check: { name: 'not_refunded', verdict: 'allow', enforced: 'allowed' } },
        { detail: text(2) },
      ),
      event('tool_called', { action, target, tool }, { arguments: { order: `W${number}` }, note: text(3) }),
      event('tool_completed', { action, tool, result: 'success' }, { result: text(4) }),
      event(
        'side_effect_applied',
        { action, target, effect: { status: 'applied', external_ref: `re_${id}` } },
        { receipt: text(5) },
      ),
    )
  }
  events.push(event('run_completed', { result: 'success' }))
  return events
}

function prose(number: number): string {
  const words = Array.from({ length: 5 }, (_, at) => sentences[(number * 7 + at) % sentences.length])
  return `${words.join(' ')} Case ${number.toString(36)}, step ${(number * 7_919) % 1_000}.`.slice(0, 530)
}

export interface Batch {
  readonly body: Buffer
  readonly events: number
}

/** Whole runs in batches of 950 to 1,000 events, serialised, as an SDK would send them; at least `count` events. */
export function makeBatches(count: number, firstRun = 0): Batch[] {
  const batches: Batch[] = []
  let waiting: WorkloadEvent[] = []
  for (let made = 0, run = firstRun; made < count; run += 1) {
    waiting.push(...workloadRun(run))
    if (waiting.length < 950 && made + waiting.length < count) continue
    made += waiting.length
    batches.push({ body: Buffer.from(JSON.stringify(waiting)), events: waiting.length })
    waiting = []
  }
  return batches
}

/** The rows that a store has to keep of these events: the envelope with what the server adds, and the payload apart. */
export function rowsOf(batch: Batch, firstIndex: number): { eventId: Buffer; leaf: Buffer; payload: Buffer | null }[] {
  const events = JSON.parse(batch.body.toString('utf8')) as (WorkloadEvent & { event_id: string })[]
  return events.map(({ payload, ...envelope }, at) => {
    const body = payload === undefined ? null : Buffer.from(JSON.stringify(payload))
    const leaf = {
      ...envelope,
      ...(body !== null && {
        payload: { commitment: `hmac-sha256:${'0'.repeat(64)}`, media_type: 'application/json', size: body.length },
      }),
      log: 'counterfoil.example/main',
      index: firstIndex + at,
      recorded_at: new Date().toISOString(),
      key_id: 'k_0123456789abcdef',
      assurance: 'authenticated',
      time_quality: 'ok',
    }
    return {
      eventId: Buffer.from(envelope.event_id.replaceAll('-', ''), 'hex'),
      leaf: Buffer.from(JSON.stringify(leaf)),
      payload: body,
    }
  })
}

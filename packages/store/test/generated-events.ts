import { createEventId } from '@counterfoil/schema'

/** A small generator with a seed, so that a failed round can be repeated. */
export function createRandom(seed: number): (below: number) => number {
  let state = seed >>> 0 || 1
  return (below) => {
    state ^= state << 13
    state ^= state >>> 17
    state ^= state << 5
    state >>>= 0
    return state % below
  }
}

export type GeneratedEvent = Readonly<Record<string, unknown>> & { readonly event_id: string }

const word = ['parcel', 'refund', 'invoice', 'customer', 'damaged', 'ticket', 'order', 'late']

/** Makes events of several runs, with and without payload, summary, action and run, of any size. */
export function createGenerator(random: (below: number) => number, runCount = 4): () => GeneratedEvent {
  const runs = Array.from({ length: runCount }, () => ({ id: createEventId(), seq: 0, action: createEventId() }))
  const text = (): string => Array.from({ length: 1 + random(40) }, () => word[random(word.length)]).join(' ')
  const bodies = (): object => ({
    ...(random(3) > 0 && { payload: { text: text(), bulk: random(40) === 0 ? 'x'.repeat(random(60_000)) : '' } }),
    ...(random(5) === 0 && { summary: text().slice(0, 200) }),
  })
  return () => {
    const base = { schema_version: '1.0', event_id: createEventId(), occurred_at: new Date().toISOString() }
    if (random(12) === 0) {
      const target = { type: 'order', id: `W${random(1000)}` }
      return {
        ...base,
        event_type: 'effect_observed',
        target,
        effect: { status: 'applied', source: 'webhook' },
        ...bodies(),
      }
    }
    const run = runs[random(runs.length)]
    if (run === undefined) throw new Error('no runs')
    const sequence = { ...base, run_id: run.id, run_seq: run.seq, actor: { type: 'agent', id: 'refund-agent' } }
    run.seq += 1
    if (run.seq === 1)
      return {
        ...sequence,
        event_type: 'run_created',
        workflow: { name: 'refunds', version: '1' },
        trigger: { type: 'event' },
        customer_id: `cust-${random(9)}`,
        ...bodies(),
      }
    const action = { id: run.action, type: 'refund.create', effect_class: 'financial' }
    const target = { type: 'order', id: 'W1' }
    switch (random(6)) {
      case 0:
        run.action = createEventId()
        return {
          ...sequence,
          event_type: 'decision_proposed',
          action: { ...action, id: run.action },
          target,
          attributes: { order: 'W1', amount_minor: random(90_000) },
          payload: { parameters: { amount: random(100) }, why: text() },
        }
      case 1:
        return {
          ...sequence,
          event_type: 'validation_passed',
          action,
          check: { name: 'amount_limit', verdict: 'allow', enforced: 'allowed' },
          ...bodies(),
        }
      case 2:
        return { ...sequence, event_type: 'tool_called', action, target, tool: { name: 'create_refund' }, ...bodies() }
      case 3:
        return {
          ...sequence,
          event_type: 'side_effect_applied',
          action,
          target,
          effect: { status: 'applied', external_ref: `re_${random(999)}` },
          ...bodies(),
        }
      default:
        return {
          ...sequence,
          event_type: 'input_resolved',
          sources: [{ type: 'order', id: `W${random(99)}` }],
          ...bodies(),
        }
    }
  }
}

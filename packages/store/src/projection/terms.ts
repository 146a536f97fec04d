import type { LeafEvent } from './leaf.ts'
import type { TermBag } from './term-bag.ts'

/** One searchable fact of a run or of one of its actions. Integers are kept as numbers for ranges. */
export interface Term {
  readonly key: string
  readonly value: string | number
}

/** Adds what an event says of its run. */
export function addRunTerms(event: LeafEvent, run: TermBag): void {
  if (event.prompt_ref !== undefined) run.add('prompt', event.prompt_ref)
  if (event.policy_ref !== undefined) run.add('policy', event.policy_ref)
  if (event.trace_id !== undefined) run.add('trace', event.trace_id)
  if (event.on_behalf_of !== undefined) run.add('on_behalf_of', event.on_behalf_of.id)
  // Who gave the input has done nothing yet; the id of whoever created the run stands in its row.
  if (event.actor !== undefined && event.actor.type !== 'agent' && event.event_type !== 'input_resolved') {
    run.add('actor_type', event.actor.type)
    if (event.event_type !== 'run_created') run.add('actor', event.actor.id)
  }
  if (event.action === undefined) addToolAndAttributes(event, run)
}

/** What stands on the action where an event has one. Attributes are searchable on `run_created` and `decision_proposed`. */
function addToolAndAttributes(event: LeafEvent, terms: TermBag): void {
  if (event.tool !== undefined) terms.add('tool', event.tool.name)
  if (event.attributes === undefined) return
  if (event.event_type === 'run_created' || event.event_type === 'decision_proposed') {
    for (const [key, value] of Object.entries(event.attributes)) terms.add(`attr:${key}`, value)
  }
}

/** Adds what an event says of its action; that belongs to the run of the action, whichever run tells it. */
export function addActionTerms(event: LeafEvent, action: TermBag): void {
  addToolAndAttributes(event, action)
  if (event.action?.idempotency_key !== undefined) action.add('idempotency_key', event.action.idempotency_key)
  if (event.reason_code !== undefined) action.add('reason', event.reason_code)
  if (event.confidence !== undefined) action.add('confidence', event.confidence)
  if (event.effect?.external_ref !== undefined) action.add('ref', event.effect.external_ref)
  for (const also of event.also_affects ?? []) {
    action.add('target', also.id)
    action.add('target', `${also.type}:${also.id}`)
  }
  if (event.check !== undefined) {
    const { name, rule_id: rule, policy_version: version } = event.check
    action.add('check', name)
    if (rule !== undefined) action.add('rule', rule)
    if (rule !== undefined && version !== undefined) action.add('rule', `${rule}@${version}`)
  }
  if (event.event_type.startsWith('approval_')) action.add('approval', event.event_type.slice('approval_'.length))
}

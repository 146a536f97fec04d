import type { LeafEvent } from './leaf.ts'

/** One searchable fact of a run (no `actionId`) or of one of its actions. Integers are kept as numbers for ranges. */
export interface Term {
  readonly key: string
  readonly value: string | number
  readonly runId: string
  readonly actionId?: string
}

/** The terms that one event adds; those of an action belong to the run of the action, whichever run tells them. Attributes are searchable under `attr:<key>`, on `run_created` and `decision_proposed`. */
export function termsOf(event: LeafEvent, actionRunId = event.run_id): readonly Term[] {
  const runId = event.run_id
  if (runId === undefined) return []
  const terms: Term[] = []
  const onRun = (key: string, value: string | number | undefined): void => {
    if (value !== undefined) terms.push({ key, value, runId })
  }
  const actionId = event.action?.id
  const onAction = (key: string, value: string | number | undefined): void => {
    if (value !== undefined && actionId !== undefined) terms.push({ key, value, runId: actionRunId ?? runId, actionId })
  }
  onRun('prompt', event.prompt_ref)
  onRun('policy', event.policy_ref)
  onRun('trace', event.trace_id)
  if (event.on_behalf_of !== undefined) onRun('on_behalf_of', event.on_behalf_of.id)
  if (event.event_type !== 'run_created' && event.actor?.type === 'human') onRun('actor', event.actor.id)
  onAction('idempotency_key', event.action?.idempotency_key)
  onAction('reason', event.reason_code)
  onAction('confidence', event.confidence)
  onAction('ref', event.effect?.external_ref)
  onAction('tool', event.tool?.name)
  if (actionId === undefined) onRun('tool', event.tool?.name)
  for (const also of event.also_affects ?? []) {
    onAction('target', also.id)
    onAction('target', `${also.type}:${also.id}`)
  }
  if (event.check !== undefined) {
    const { name, rule_id: rule, policy_version: version } = event.check
    onAction('check', name)
    onAction('rule', rule)
    if (rule !== undefined && version !== undefined) onAction('rule', `${rule}@${version}`)
  }
  if (event.event_type.startsWith('approval_')) onAction('approval', event.event_type.slice('approval_'.length))
  if (event.event_type === 'run_created' || event.event_type === 'decision_proposed') {
    for (const [key, value] of Object.entries(event.attributes ?? {})) {
      if (actionId === undefined) onRun(`attr:${key}`, value)
      else onAction(`attr:${key}`, value)
    }
  }
  return terms
}

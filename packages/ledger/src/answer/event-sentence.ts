import { isStop, type LeafEvent } from '@counterfoil/store'
import { actionWords, attributeWords, listed } from './words.ts'

const who = (leaf: LeafEvent): string =>
  leaf.actor === undefined ? 'Somebody' : leaf.actor.type === 'human' ? `A person (${leaf.actor.id})` : leaf.actor.id
const what = (leaf: LeafEvent): string =>
  leaf.action === undefined ? 'the run' : actionWords({ type: leaf.action.type, target: leaf.target })
const because = (leaf: LeafEvent): string => (leaf.reason_code === undefined ? '' : ` (${leaf.reason_code})`)
const ruled = (leaf: LeafEvent): string =>
  leaf.check?.rule_id === undefined
    ? ''
    : ` by rule ${leaf.check.rule_id}${leaf.check.policy_version === undefined ? '' : `@${leaf.check.policy_version}`}`
const referred = (leaf: LeafEvent): string =>
  leaf.effect?.external_ref === undefined ? '' : `, reference ${leaf.effect.external_ref}`
const through = (leaf: LeafEvent): string =>
  leaf.approval?.surface === undefined ? '' : ` via ${leaf.approval.surface}`
const read = (leaf: LeafEvent): string =>
  listed(
    (leaf.sources ?? []).map(
      ({ type, id, version }) => `${type} ${id}${version === undefined ? '' : ` (version ${version})`}`,
    ),
  )

const sentences: Readonly<Record<string, (leaf: LeafEvent) => string>> = {
  run_created: (leaf) =>
    `The run began: ${leaf.workflow?.name ?? 'a workflow'}${leaf.workflow?.version === undefined ? '' : ` ${leaf.workflow.version}`}, triggered by ${leaf.trigger?.type ?? 'something unknown'}${leaf.trigger?.ref === undefined ? '' : ` ${leaf.trigger.ref}`}.`,
  run_completed: () => 'The run came to its end.',
  run_failed: (leaf) => `The run failed at ${leaf.failed_at ?? 'an unknown stage'}${because(leaf)}.`,
  run_cancelled: (leaf) => `${who(leaf)} stopped the run${because(leaf)}.`,
  input_resolved: (leaf) => `Input was taken in${read(leaf) === '' ? '' : `: ${read(leaf)}`}.`,
  retrieval_completed: (leaf) =>
    `${leaf.tool === undefined ? 'Something' : leaf.tool.name} was read${read(leaf) === '' ? '' : `: ${read(leaf)}`}${leaf.result === 'failure' ? ', and failed' : ''}.`,
  decision_proposed: (leaf) =>
    `${who(leaf)} proposed ${what(leaf)}${attributeWords(leaf.attributes ?? {})}${because(leaf)}.`,
  decision_overridden: (leaf) =>
    isStop(leaf)
      ? `${who(leaf)} stopped the run${because(leaf)}.`
      : `${who(leaf)} overrode ${what(leaf)}${because(leaf)}.`,
  validation_passed: (leaf) =>
    `Check ${leaf.check?.name ?? ''} said ${leaf.check?.verdict ?? ''}${ruled(leaf)}: ${leaf.check?.enforced ?? ''}.`,
  validation_failed: (leaf) =>
    `Check ${leaf.check?.name ?? ''} said ${leaf.check?.verdict ?? ''}${ruled(leaf)}: ${leaf.check?.enforced ?? ''}.`,
  approval_requested: (leaf) => `A person was asked about ${what(leaf)}${through(leaf)}.`,
  approval_granted: (leaf) => `${who(leaf)} approved ${what(leaf)}${through(leaf)}.`,
  approval_rejected: (leaf) => `${who(leaf)} rejected ${what(leaf)}${through(leaf)}.`,
  approval_expired: (leaf) => `Nobody decided on ${what(leaf)} in time.`,
  approval_cancelled: (leaf) => `The request about ${what(leaf)} was withdrawn.`,
  tool_called: (leaf) => `${leaf.tool?.name ?? 'A tool'} was called for ${what(leaf)}.`,
  tool_completed: (leaf) => `${leaf.tool?.name ?? 'The tool'} answered: ${leaf.result ?? 'unknown'}${because(leaf)}.`,
  side_effect_applied: (leaf) => `${what(leaf)} took effect${referred(leaf)}.`,
  side_effect_blocked: (leaf) => `${what(leaf)} was blocked${because(leaf)}; nothing happened.`,
  side_effect_unknown: (leaf) => `Nobody knows whether ${what(leaf)} took effect${because(leaf)}.`,
  side_effect_reverted: (leaf) => `${what(leaf)} was undone${referred(leaf)}.`,
  effect_observed: (leaf) =>
    `${leaf.effect?.source ?? 'A source'} observed ${leaf.effect?.status ?? 'an effect'} on ${leaf.target?.type ?? ''} ${leaf.target?.id ?? ''}${referred(leaf)}.`,
  payload_erased: (leaf) =>
    `${leaf.attributes?.['events'] ?? 'Some'} payload(s) were erased by ${leaf.actor?.id ?? 'somebody'}${because(leaf)}; the proofs still hold.`,
  event_refused: (leaf) => `An event (${leaf.attributes?.['refused_type'] ?? 'unknown'}) was refused${because(leaf)}.`,
}

/** What one event says, in one plain sentence. */
export function eventSentence(leaf: LeafEvent): string {
  return (
    sentences[leaf.event_type]?.(leaf) ??
    `${leaf.event_type.replaceAll('_', ' ')}${attributeWords(leaf.attributes ?? {})}.`
  )
}

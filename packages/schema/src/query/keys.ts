import type { FilterNode, Value } from './ast.ts'
import { approvalStates, effectClasses, eventTypes, hasFlags, isFlags, outcomes, statuses } from './choices.ts'
import type { Choice } from './choices.ts'

/**
 * What a key speaks about. `action` terms of a query must hold for the same action. `outcome` terms do so too when the
 * query has other action terms, and speak of the run when it has none (`bindsAction`): `outcome:mismatch` asks for runs whose worst
 * outcome is a mismatch, `action:refund.* outcome:mismatch` for a refund that mismatched. `query` terms filter nothing
 * themselves: they say how to sort, and where to look for the text.
 */
export type KeyEntity = 'run' | 'action' | 'outcome' | 'query'

/** How the values of a key are read; `choice` is a closed list. */
export type KeyType = 'word' | 'choice' | 'money' | 'duration' | 'time'

export interface KeyDefinition {
  readonly key: string
  readonly aliases?: readonly string[]
  readonly type: KeyType
  readonly entity: KeyEntity
  /** What it is called in a sentence: "whose outcome is done". */
  readonly noun: string
  /** One line for the reference and for autocomplete. */
  readonly meaning: string
  readonly example: string
  /** The closed list of a `choice`. */
  readonly choices?: readonly Choice[]
  /** `key:none` asks for an absent field. */
  readonly none?: boolean
  /** `key:start*` is understood. */
  readonly prefix?: boolean
  /** Only one value: a comma would have no meaning. */
  readonly single?: boolean
  /** `key:from..to` is understood. */
  readonly range?: boolean
}

const words = (list: readonly string[]): Choice[] => list.map((word) => ({ word }))

const name = { type: 'word', prefix: true, none: true } as const
const run = { ...name, entity: 'run' } as const
const action = { ...name, entity: 'action' } as const

/** Every key that the query language knows, in the order of the reference. */
export const queryKeys: readonly KeyDefinition[] = [
  {
    key: 'outcome',
    type: 'choice',
    entity: 'outcome',
    noun: 'outcome',
    meaning: 'how it ended, in the one vocabulary used everywhere',
    example: 'outcome:mismatch,blocked',
    choices: outcomes,
  },
  {
    key: 'status',
    type: 'choice',
    entity: 'run',
    noun: 'status',
    meaning: 'whether the run itself is over',
    example: 'status:stalled',
    choices: statuses,
  },
  {
    ...run,
    key: 'run',
    noun: 'id',
    none: false,
    meaning: 'the run with this id',
    example: 'run:0192f3a1-7c2e-7d10-8a4b-1f2e3d4c5b6a',
  },
  {
    ...run,
    key: 'workflow',
    noun: 'workflow',
    meaning: 'name of the workflow, or name@version',
    example: 'workflow:refunds@4.2.1',
  },
  { ...run, key: 'version', noun: 'workflow version', meaning: 'version of the workflow', example: 'version:4.*' },
  {
    ...run,
    key: 'environment',
    noun: 'environment',
    meaning: 'production, staging, …',
    example: 'environment:production',
  },
  {
    ...run,
    key: 'customer',
    aliases: ['tenant'],
    noun: 'customer',
    meaning: 'your own customer or account that the run concerns',
    example: 'customer:"Acme, Inc."',
  },
  {
    key: 'trigger',
    type: 'choice',
    entity: 'run',
    noun: 'trigger',
    none: true,
    meaning: 'what started the run',
    example: 'trigger:schedule',
    choices: words(['user', 'schedule', 'event', 'agent', 'api', 'unknown']),
  },
  {
    ...run,
    key: 'correlation',
    noun: 'correlation id',
    meaning: 'the business case that joins runs',
    example: 'correlation:ticket-88123',
  },
  { ...run, key: 'session', noun: 'session', meaning: 'the conversation or session', example: 'session:s_41' },
  {
    ...run,
    key: 'parent',
    noun: 'parent run',
    meaning: 'the run that started this one; none for the topmost',
    example: 'parent:none',
  },
  {
    ...run,
    key: 'trace',
    noun: 'trace id',
    meaning: 'the W3C trace id',
    example: 'trace:4bf92f3577b34da6a3ce929d0e0e4736',
  },
  {
    ...name,
    key: 'actor',
    aliases: ['by'],
    entity: 'outcome',
    noun: 'actor',
    meaning: 'who did it: agent, human, system, or an id; without an action, who started the run or acted in it',
    example: 'actor:human',
  },
  { ...run, key: 'on_behalf_of', noun: 'principal', meaning: 'for whom the actor acted', example: 'on_behalf_of:u_17' },
  { ...run, key: 'model', noun: 'model', meaning: 'the model that decided', example: 'model:gpt-*' },
  {
    ...run,
    key: 'prompt',
    noun: 'prompt',
    meaning: 'identifier and version of the prompt',
    example: 'prompt:triage@7',
  },
  {
    ...run,
    key: 'policy',
    noun: 'policy',
    meaning: 'identifier and version of the policy',
    example: 'policy:refunds@12',
  },
  {
    key: 'type',
    type: 'choice',
    entity: 'run',
    noun: 'event type',
    prefix: true,
    meaning: 'an event of this type is in the run',
    example: 'type:side_effect_*',
    choices: words(eventTypes),
  },
  {
    key: 'after',
    type: 'time',
    entity: 'run',
    noun: 'start',
    single: true,
    meaning: 'started at the beginning of this moment or period, or later',
    example: 'after:-7d',
  },
  {
    key: 'before',
    type: 'time',
    entity: 'run',
    noun: 'start',
    single: true,
    meaning: 'started before the beginning of this moment or period',
    example: 'before:2026-12-01',
  },
  {
    key: 'on',
    type: 'time',
    entity: 'run',
    noun: 'start',
    range: true,
    meaning: 'started within this day, month, quarter, year or range',
    example: 'on:2026-Q3',
  },
  {
    key: 'took',
    type: 'duration',
    entity: 'run',
    noun: 'duration',
    range: true,
    none: true,
    meaning: 'how long the run took; none while it runs',
    example: 'took:>1.5s',
  },

  { ...action, key: 'action', noun: 'type', none: false, meaning: 'type of the action', example: 'action:refund.*' },
  {
    ...action,
    key: 'action_id',
    noun: 'id',
    none: false,
    meaning: 'the action with this id',
    example: 'action_id:0192f3a1-8b00-7000-9000-2a2a2a2a2a2a',
  },
  {
    key: 'effect',
    type: 'choice',
    entity: 'action',
    noun: 'effect class',
    meaning: 'what the action does to the world',
    example: 'effect:financial,delete',
    choices: words(effectClasses),
  },
  {
    ...action,
    key: 'target',
    noun: 'target',
    meaning: 'what it is done to: type:id, or the id alone',
    example: 'target:order:W1001',
  },
  { ...action, key: 'check', noun: 'check', meaning: 'a check of this name ran', example: 'check:amount_limit' },
  {
    ...action,
    key: 'rule',
    noun: 'rule',
    meaning: 'this rule decided a check: rule, or rule@version',
    example: 'rule:over_200@v2',
  },
  { ...action, key: 'approver', noun: 'approver', meaning: 'who decided on the approval', example: 'approver:u_maria' },
  {
    key: 'approval',
    type: 'choice',
    entity: 'action',
    noun: 'approval',
    none: true,
    meaning: 'how far its approval came; none when nobody was asked',
    example: 'approval:rejected',
    choices: approvalStates,
  },
  { ...action, key: 'tool', noun: 'tool', meaning: 'the tool that was called', example: 'tool:send_email' },
  {
    ...action,
    key: 'reason',
    noun: 'reason code',
    meaning: 'the reason that was given',
    example: 'reason:item_damaged',
  },
  {
    key: 'confidence',
    type: 'choice',
    entity: 'action',
    noun: 'confidence',
    none: true,
    meaning: "the agent's own confidence",
    example: 'confidence:low',
    choices: words(['low', 'medium', 'high']),
  },
  {
    ...action,
    key: 'ref',
    noun: 'external reference',
    meaning: "the external system's id of the effect",
    example: 'ref:re_3PX9',
  },
  {
    ...action,
    key: 'idempotency_key',
    noun: 'idempotency key',
    meaning: 'the key that was handed to the external system',
    example: 'idempotency_key:refund-W1001-1',
  },
  {
    key: 'amount',
    type: 'money',
    entity: 'action',
    noun: 'amount',
    range: true,
    none: true,
    meaning: 'money at stake in major units, with or without currency',
    example: 'amount:>=500eur',
  },

  {
    key: 'has',
    type: 'choice',
    entity: 'outcome',
    noun: 'part',
    meaning: 'this part was recorded',
    example: '-has:approval',
    choices: hasFlags,
  },
  {
    key: 'is',
    type: 'choice',
    entity: 'run',
    noun: 'kind',
    meaning: 'the run is of this kind',
    example: 'is:imported',
    choices: isFlags,
  },
  {
    key: 'in',
    type: 'choice',
    entity: 'query',
    noun: 'part',
    meaning: 'look for the words beside it only here',
    example: 'in:proposal "free shipping"',
    choices: words(['proposal', 'input', 'result', 'message']),
  },
  {
    key: 'sort',
    type: 'choice',
    entity: 'query',
    noun: 'order',
    single: true,
    meaning: 'order of the answer; - is descending; -started unless told otherwise',
    example: 'sort:-amount',
    choices: words(['started', 'ended', 'took', 'amount'].flatMap((field) => [`-${field}`, field])),
  },
]

const definitionsByName: ReadonlyMap<string, KeyDefinition> = new Map(
  queryKeys.flatMap((definition) =>
    [definition.key, ...(definition.aliases ?? [])].map((key) => [key, definition] as const),
  ),
)

/** Every spelling of a key, aliases included. */
export const queryKeyNames: readonly string[] = [...definitionsByName.keys()]

/** The definition of a key or alias, in any case. */
export function findQueryKey(name: string): KeyDefinition | undefined {
  return definitionsByName.get(name.toLowerCase())
}

/** What one value of a filter speaks about; attributes stand on the run or on its proposals. */
export function filterEntity(node: Pick<FilterNode, 'key' | 'ref'>, value: Value): KeyEntity {
  if (node.ref === 'attribute') return 'outcome'
  const definition = findQueryKey(node.key)
  const choice = value.kind === 'word' ? definition?.choices?.find(({ word }) => word === value.value) : undefined
  return choice?.entity ?? definition?.entity ?? 'run'
}

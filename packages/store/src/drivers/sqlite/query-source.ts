import type { Condition, Leaf } from '../../query/condition.ts'
import { eventTypesStarting } from '../../query/event-types.ts'
import { compileLeaf } from './query-leaf.ts'
import type { MatchContext } from './query-match.ts'
import { compareTerm, compareText } from './query-value.ts'
import { compose, never, sql, type Sql } from './query-sql.ts'

/** Entries of one index that every row of the answer has one of. */
export interface Source {
  readonly table: 'run' | 'action' | 'term' | 'list'
  readonly index: string
  readonly where: Sql
  /** One value only, so that what follows in the index comes in its order. */
  readonly equality: boolean
  /** Entries are of actions alone, not of runs as well. */
  readonly ofActions: boolean
}

const runSource = (index: string, where: Sql, equality: boolean): Source => ({
  table: 'run',
  index,
  where,
  equality,
  ofActions: false,
})
const actionSource = (index: string, where: Sql, equality: boolean): Source => ({
  table: 'action',
  index,
  where,
  equality,
  ofActions: true,
})

const runIndexes: Readonly<Record<string, string>> = {
  customer: 'run_customer',
  model: 'run_model',
  correlation: 'run_correlation',
  session: 'run_session',
  parent: 'run_parent',
  outcome: 'run_outcome',
  run: 'sqlite_autoindex_run_1',
}

const actionIndexes: Readonly<Record<string, string>> = {
  action: 'action_type',
  action_id: 'sqlite_autoindex_action_1',
  effect: 'action_effect',
  approver: 'action_approver',
  outcome: 'action_outcome',
}

const runTerms: ReadonlySet<string> = new Set(['trace', 'prompt', 'policy', 'on_behalf_of'])
const actionTerms: ReadonlySet<string> = new Set([
  'check',
  'rule',
  'approval',
  'reason',
  'confidence',
  'ref',
  'idempotency_key',
])

/**
 * Where to look for the rows of a condition: sources that together hold all of them, and perhaps others. Undefined when
 * no index narrows it.
 */
export function sourcesOf(condition: Condition, bound: boolean, context: MatchContext): Source[] | undefined {
  switch (condition.kind) {
    case 'any': {
      const parts = condition.of.map((part) => sourcesOf(part, bound, context))
      return parts.every((part) => part !== undefined) ? parts.flat() : undefined
    }
    case 'text':
      return [
        {
          table: 'list',
          index: '',
          where: sql('?', JSON.stringify(context.textRuns(condition))),
          equality: false,
          ofActions: false,
        },
      ]
    case 'leaf':
      return leafSources(condition, bound, context)
    default:
      return undefined
  }
}

function leafSources(leaf: Leaf, bound: boolean, context: MatchContext): Source[] | undefined {
  const { key, value, attribute } = leaf
  if (value.kind === 'none' || (value.kind === 'prefix' && value.value === '')) return undefined
  if (attribute) return termSources(`attr:${key}`, leaf, false, context)
  if (runTerms.has(key) || key === 'tool') return termSources(key, leaf, false, context)
  if (actionTerms.has(key)) return termSources(key, leaf, true, context)
  const equality = value.kind === 'word'
  const actionIndex = leaf.entity === 'action' || (bound && key === 'outcome') ? actionIndexes[key] : undefined
  if (actionIndex !== undefined) return [actionSource(actionIndex, compileLeaf(leaf, 'action', context), equality)]
  const runIndex = runIndexes[key]
  if (runIndex !== undefined) return [runSource(runIndex, compileLeaf(leaf, 'run', context), equality)]
  switch (key) {
    case 'status':
      return equality && value.value !== 'completed'
        ? [runSource('run_status', compileLeaf(leaf, 'run', context), true)]
        : undefined
    case 'workflow':
      return workflowSources(leaf)
    case 'actor':
      if (bound || (equality && value.value === 'agent')) return undefined
      if (equality && ['human', 'system'].includes(value.value)) return termSources('actor_type', leaf, false, context)
      return [
        runSource('run_actor', compareText('run.actor_id', value), equality),
        ...termSources('actor', leaf, false, context),
      ]
    case 'type': {
      const words =
        value.kind === 'prefix' ? eventTypesStarting(value.value) : value.kind === 'word' ? [value.value] : []
      return words.flatMap((word) =>
        termSources('type', { ...leaf, value: { ...value, kind: 'word', value: word } }, false, context),
      )
    }
    case 'target':
      return targetSources(leaf, context)
    case 'amount':
      return [actionSource('action_amount', compileLeaf(leaf, 'action', context), false)]
    case 'took':
      return [runSource('run_took', compileLeaf(leaf, 'run', context), false)]
    case 'after':
    case 'before':
    case 'on':
      return [runSource('run_started', compileLeaf(leaf, 'run', context), false)]
    default:
      return undefined
  }
}

function termSources(key: string, leaf: Leaf, ofActions: boolean, context: MatchContext): Source[] {
  const id = context.termKey(key)
  const matching = compareTerm(leaf.value)
  if (id === undefined || matching === never) return []
  const where = compose('term.key = {} AND {}', sql('?', id), matching)
  return [{ table: 'term', index: '', where, equality: leaf.value.kind === 'word', ofActions }]
}

function workflowSources(leaf: Leaf): Source[] {
  const { value } = leaf
  const whole = runSource('run_workflow', compareText('run.workflow', value), value.kind === 'word')
  const at = value.kind === 'word' || value.kind === 'prefix' ? value.value.lastIndexOf('@') : -1
  if (at < 1 || (value.kind !== 'word' && value.kind !== 'prefix')) return [whole]
  return [whole, runSource('run_workflow', sql('run.workflow = ?', value.value.slice(0, at)), true)]
}

function targetSources(leaf: Leaf, context: MatchContext): Source[] | undefined {
  const { value } = leaf
  if (value.kind !== 'word' && value.kind !== 'prefix') return undefined
  const byId = (id: string): Source =>
    actionSource('action_target', compareText('action.target_id', { ...value, value: id }), value.kind === 'word')
  const sources = [byId(value.value), ...termSources('target', leaf, true, context)]
  const colon = value.value.indexOf(':')
  if (colon < 1) return sources
  const rest = value.value.slice(colon + 1)
  // `target:order:*` names a type alone, and no index knows types.
  return rest === '' ? undefined : [...sources, byId(rest)]
}

export function isActionSource(source: Source): boolean {
  return source.ofActions
}

const indexed = (table: string, index: string): string => (index === '' ? table : `${table} INDEXED BY ${index}`)

/** The entries of a source, to be counted. */
export function entriesOf({ table, index, where }: Source): Sql {
  return table === 'list'
    ? compose('SELECT 1 FROM json_each({})', where)
    : compose(`SELECT 1 FROM ${indexed(table, index)} WHERE {}`, where)
}

/** The numbers (`pk`) of the runs of a source; a run may come more than once. */
export function runsOf({ table, index, where }: Source): Sql {
  if (table === 'list') return compose('SELECT value AS pk FROM json_each({})', where)
  const pk = table === 'run' ? 'run.pk' : `${table}.run`
  return compose(`SELECT ${pk} AS pk FROM ${indexed(table, index)} WHERE {}`, where)
}

/** The numbers of the actions of a source; an action may come more than once. */
export function actionsOf({ table, index, where }: Source): Sql {
  switch (table) {
    case 'action':
      return compose(`SELECT action.pk AS pk FROM ${indexed('action', index)} WHERE {}`, where)
    case 'term':
      return compose(
        'SELECT action.pk AS pk FROM term CROSS JOIN action ON action.run = term.run AND term.action IN (0, action.pk) WHERE {}',
        where,
      )
    case 'run':
      return compose(
        `SELECT action.pk AS pk FROM ${indexed('run', index)} CROSS JOIN action ON action.run = run.pk WHERE {}`,
        where,
      )
    default:
      return compose(
        'SELECT action.pk AS pk FROM json_each({}) AS listed CROSS JOIN action ON action.run = listed.value',
        where,
      )
  }
}

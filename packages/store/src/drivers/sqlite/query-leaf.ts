import { durationMs, timeBounds, type DurationUnit, type Value } from '@counterfoil/schema/query'
import { hundredths } from '../../projection/amount.ts'
import { eventTypesStarting } from '../../query/event-types.ts'
import type { Leaf } from '../../query/condition.ts'
import { answerPlace, runFlagOf } from '../../query/run-flags.ts'
import { boundsOf, compareNumber, compareTerm, compareText, startsWith } from './query-value.ts'
import { compose, every, negate, never, some, sql, type Sql } from './query-sql.ts'

/**
 * What a leaf is asked of: `run` in a scope that does not bind; `action` (the row `action`, and its run) in one that
 * does; `nothing` is the empty action of a run that has none.
 */
export type Subject = 'run' | 'action' | 'nothing'

export interface LeafContext {
  readonly nowMs: number
  /** The number of a term key; undefined when no term has it. */
  readonly termKey: (name: string) => number | undefined
}

export const runColumns: Readonly<Record<string, string>> = {
  status: 'status',
  run: 'run_id',
  version: 'version',
  environment: 'environment',
  customer: 'customer',
  trigger: 'trigger_type',
  correlation: 'correlation',
  session: 'session',
  parent: 'parent',
  model: 'model',
}

export const actionColumns: Readonly<Record<string, string>> = {
  action: 'type',
  action_id: 'action_id',
  effect: 'effect_class',
  approver: 'approver',
}

/** Compiles one leaf for rows named `run` and, with the subject `action`, `action`. */
export function compileLeaf(leaf: Leaf, subject: Subject, context: LeafContext): Sql {
  const { key, value } = leaf
  if (leaf.attribute)
    return term(`attr:${key}`, value, subject === 'action' ? 'either' : subject === 'run' ? 'any' : 'run', context)
  const runColumn = runColumns[key]
  if (runColumn !== undefined && key !== 'status') return compareText(`run.${runColumn}`, value)
  if (leaf.entity === 'action')
    return subject === 'nothing' && key !== 'tool' ? never : compileActionLeaf(key, value, subject, context)
  switch (key) {
    case 'status':
      return compileStatus(value)
    case 'outcome':
      return subject === 'nothing' ? never : compareText(`${subject}.outcome`, value)
    case 'has':
      return value.kind === 'word' ? compileHas(value.value, leaf.entity === 'run' ? 'run' : subject) : never
    case 'is':
      return value.kind === 'word' ? compileIs(value.value) : never
    case 'workflow':
      return compileWorkflow(value)
    case 'actor':
      return compileActor(value, subject, context)
    case 'type':
      return compileType(value, context)
    case 'took':
      return compileTook(value)
    case 'after':
    case 'before':
    case 'on':
      return compileTime(key, value, context.nowMs)
    default:
      return term(key, value, 'run', context)
  }
}

function compileActionLeaf(key: string, value: Value, subject: Subject, context: LeafContext): Sql {
  const column = actionColumns[key]
  if (column !== undefined) return compareText(`action.${column}`, value)
  if (key === 'target') return compileTarget(value, context)
  if (key === 'amount') return compileAmount(value)
  if (key === 'tool') return term(key, value, subject === 'action' ? 'either' : 'run', context)
  return term(key, value, 'action', context)
}

const termPlaces = {
  /** The run itself or any of its actions. */
  any: '',
  run: ' AND term.action = 0',
  action: ' AND term.action = action.pk',
  either: ' AND term.action IN (0, action.pk)',
} as const

function term(key: string, value: Value, place: keyof typeof termPlaces, context: LeafContext): Sql {
  if (value.kind === 'none') return negate(term(key, { ...value, kind: 'prefix', value: '' }, place, context))
  const id = context.termKey(key)
  if (id === undefined) return never
  // An equality finds its entry through (key, value); everything else looks at what the run has of this key.
  const index = value.kind === 'word' ? '' : ' INDEXED BY term_run'
  const matching = compareTerm(value)
  return matching === never
    ? never
    : compose(
        `EXISTS (SELECT 1 FROM term${index} WHERE term.run = run.pk AND term.key = {}${termPlaces[place]} AND {})`,
        sql('?', id),
        matching,
      )
}

function compileHas(word: string, subject: Subject): Sql {
  if (subject === 'nothing') return never
  if (subject === 'action') return sql(`instr(action.parts, ?) > 0`, ` ${word} `)
  const place = answerPlace(word)
  if (place !== undefined) return sql(`substr(run.answers, ?, 1) IN ('o', 'c', 'i')`, place)
  if (word === 'unrecorded') return sql(`instr(run.answers, 'm') > 0`)
  const flag = runFlagOf(word)
  const flagged = flag === undefined ? never : sql(`instr(run.flags, ?) > 0`, ` ${flag} `)
  return word === 'error' ? some([flagged, sql(`run.status = 'failed'`)]) : flagged
}

/** Says what the partial index of the rare ones says, so that the planner may use it. */
function compileStatus(value: Value): Sql {
  const same = compareText('run.status', value)
  return value.kind === 'word' && value.value !== 'completed' ? every([same, sql(`run.status <> 'completed'`)]) : same
}

function compileIs(word: string): Sql {
  if (word === 'open') return sql(`run.status IN ('running', 'stalled')`)
  const flag = runFlagOf(word)
  return flag === undefined ? never : sql(`instr(run.flags, ?) > 0`, ` ${flag} `)
}

/** `name`, or `name@version`. */
function compileWorkflow(value: Value): Sql {
  const whole = compareText('run.workflow', value)
  const at = value.kind === 'word' || value.kind === 'prefix' ? value.value.lastIndexOf('@') : -1
  if (at < 1 || (value.kind !== 'word' && value.kind !== 'prefix')) return whole
  const version: Value = { ...value, value: value.value.slice(at + 1) }
  return some([whole, every([sql('run.workflow = ?', value.value.slice(0, at)), compareText('run.version', version)])])
}

const actorTypes: ReadonlySet<string> = new Set(['agent', 'human', 'system'])

/**
 * A kind of actor, or an id: of the one who did the action; without an action, of the one that started the run or of a
 * person or system that acted in it.
 */
function compileActor(value: Value, subject: Subject, context: LeafContext): Sql {
  const isType = value.kind === 'word' && actorTypes.has(value.value)
  if (subject === 'action') return compareText(isType ? 'action.actor_type' : 'action.actor_id', value)
  if (subject === 'nothing') return never
  if (isType) {
    return value.value === 'agent' ? sql('run.actor_type = ?', value.value) : term('actor_type', value, 'run', context)
  }
  const parts = [compareText('run.actor_id', value), term('actor', value, 'run', context)]
  return value.kind === 'none' ? every(parts) : some(parts)
}

function compileType(value: Value, context: LeafContext): Sql {
  if (value.kind !== 'prefix') return term('type', value, 'run', context)
  return some(
    eventTypesStarting(value.value).map((word) =>
      term('type', { ...value, kind: 'word', value: word }, 'run', context),
    ),
  )
}

function compileTook(value: Value): Sql {
  if (value.kind === 'none') return sql('run.ended_ms IS NULL')
  const bounds = boundsOf(value, ({ value: length, unit = 'ms' }) =>
    durationMs({ value: length, unit: unit as DurationUnit }),
  )
  return bounds === undefined
    ? never
    : every([sql('run.ended_ms IS NOT NULL'), compareNumber('(run.ended_ms - run.started_ms)', bounds)])
}

function compileTime(key: 'after' | 'before' | 'on', value: Value, nowMs: number): Sql {
  const { from, to } = timeBounds(key, value, { now: nowMs })
  const parts: Sql[] = []
  if (from !== undefined) parts.push(sql('run.started_ms >= ?', from))
  if (to !== undefined) parts.push(sql('run.started_ms < ?', to))
  return parts.length === 0 ? never : every(parts)
}

/** The id, `type:id`, or either of what else the action affects. */
function compileTarget(value: Value, context: LeafContext): Sql {
  const also = term('target', value, 'action', context)
  const id = compareText('action.target_id', value)
  if (value.kind === 'none') return every([id, also])
  if (value.kind !== 'word' && value.kind !== 'prefix') return never
  const colon = value.value.indexOf(':')
  if (colon < 1) return some([id, also])
  const rest = value.value.slice(colon + 1)
  const typed = every([
    sql('action.target_type = ?', value.value.slice(0, colon)),
    value.kind === 'word'
      ? sql('action.target_id = ?', rest)
      : rest === ''
        ? sql('action.target_id IS NOT NULL')
        : startsWith('action.target_id', rest),
  ])
  return some([id, typed, also])
}

function compileAmount(value: Value): Sql {
  if (value.kind === 'none') return sql('action.amount IS NULL')
  const bounds = boundsOf(value, (operand) => hundredths(operand.value) ?? Number.NaN)
  if (bounds === undefined) return never
  const operand = value.kind === 'compare' ? [value.operand] : value.kind === 'range' ? [value.from, value.to] : []
  const currencies = operand.flatMap((one) =>
    one.type === 'money' && one.currency !== undefined ? [one.currency] : [],
  )
  return every([
    sql('action.amount IS NOT NULL'),
    compareNumber('action.amount', bounds),
    ...currencies.map((currency) => sql('action.currency = ?', currency)),
  ])
}

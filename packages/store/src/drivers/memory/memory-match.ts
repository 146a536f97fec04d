import { durationMs, timeBounds, type Operand, type Value } from '@counterfoil/schema/query'
import { amountOf, hundredths } from '../../projection/amount.ts'
import { questions, type Grade } from '../../projection/rows.ts'
import { binds, type Condition, type Leaf } from '../../query/condition.ts'
import { answerPlace, runFlagOf } from '../../query/run-flags.ts'
import type { MemoryAction, MemoryRun } from './memory-rows.ts'
import { textMatches } from './memory-text.ts'

/** What a condition is asked of: one action, the empty action of a run without any, or the run in a scope that does not bind. */
type Subject = MemoryAction | 'nothing' | 'run'

/** Whether a run matches; see `Condition`. */
export function runMatches(condition: Condition, run: MemoryRun, nowMs: number): boolean {
  if (!binds(condition)) return holds(condition, run, 'run', nowMs)
  if (run.actions.size === 0) return holds(condition, run, 'nothing', nowMs)
  return [...run.actions.values()].some((action) => holds(condition, run, action, nowMs))
}

/** Whether an action matches, in a list of actions. */
export function actionMatches(condition: Condition, run: MemoryRun, action: MemoryAction, nowMs: number): boolean {
  return holds(condition, run, action, nowMs)
}

function holds(condition: Condition, run: MemoryRun, subject: Subject, nowMs: number): boolean {
  switch (condition.kind) {
    case 'all':
      return condition.of.every((part) => holds(part, run, subject, nowMs))
    case 'any':
      return condition.of.some((part) => holds(part, run, subject, nowMs))
    case 'not':
      return !(subject === 'run' ? runMatches(condition.of, run, nowMs) : holds(condition.of, run, subject, nowMs))
    case 'text':
      return run.texts.some((text) => textMatches(text, condition))
    default:
      return leafHolds(condition, run, subject, nowMs)
  }
}

function leafHolds(leaf: Leaf, run: MemoryRun, subject: Subject, nowMs: number): boolean {
  const { key, value, attribute, entity } = leaf
  const { row } = run
  if (attribute) return anyOf(termsAt(run, `attr:${key}`, subject, true), value)
  if (entity === 'action') return actionLeafHolds(key, value, run, subject)
  switch (key) {
    case 'status':
      return one(row.status, value)
    case 'run':
      return one(row.runId, value)
    case 'workflow':
      return one(row.workflow, value) || (row.workflow !== undefined && versioned(row.workflow, row.version, value))
    case 'version':
      return one(row.version, value)
    case 'environment':
      return one(row.environment, value)
    case 'customer':
      return one(row.customerId, value)
    case 'trigger':
      return one(row.triggerType, value)
    case 'correlation':
      return one(row.correlationId, value)
    case 'session':
      return one(row.sessionId, value)
    case 'parent':
      return one(row.parentRunId, value)
    case 'model':
      return one(row.model, value)
    case 'actor':
      return actorHolds(value, run, subject)
    case 'outcome':
      return subject === 'nothing' ? false : one(subject === 'run' ? row.outcome : subject.row.outcome, value)
    case 'has':
      return value.kind === 'word' && has(value.value, run, entity === 'run' ? 'run' : subject)
    case 'is':
      if (value.kind !== 'word') return false
      if (value.value === 'open') return row.status === 'running' || row.status === 'stalled'
      return row.flags.includes(runFlagOf(value.value) ?? '')
    case 'took':
      return between(row.endedMs === undefined ? undefined : row.endedMs - row.startedMs, value, (operand) =>
        operand.type === 'duration' ? durationMs(operand) : Number.NaN,
      )
    case 'after':
    case 'before':
    case 'on': {
      const { from, to } = timeBounds(key, value, { now: nowMs })
      return (
        (from !== undefined || to !== undefined) &&
        row.startedMs >= (from ?? -Infinity) &&
        row.startedMs < (to ?? Infinity)
      )
    }
    default:
      return anyOf(termsAt(run, key, 'nothing', true), value)
  }
}

function actorHolds(value: Value, run: MemoryRun, subject: Subject): boolean {
  const type = value.kind === 'word' && ['agent', 'human', 'system'].includes(value.value) ? value.value : undefined
  if (subject === 'nothing') return false
  if (subject !== 'run') return one(type === undefined ? subject.row.actorId : subject.row.actorType, value)
  if (type === undefined) return anyOf([run.row.actorId, ...termsAt(run, 'actor', 'nothing', true)], value)
  return type === 'agent' ? run.row.actorType === type : anyOf(termsAt(run, 'actor_type', 'nothing', true), value)
}

function actionLeafHolds(key: string, value: Value, run: MemoryRun, subject: Subject): boolean {
  if (key === 'tool') return anyOf(termsAt(run, key, subject, true), value)
  if (subject === 'nothing' || subject === 'run') return false
  const { row } = subject
  switch (key) {
    case 'action':
      return one(row.type, value)
    case 'action_id':
      return one(row.actionId, value)
    case 'effect':
      return one(row.effectClass, value)
    case 'approver':
      return one(row.approver, value)
    case 'target':
      return (
        anyOf([row.targetId, ...termsAt(run, key, subject, false)], value) ||
        typedTargetHolds(row.targetType, row.targetId, value)
      )
    case 'amount': {
      const found = amountOf(row.attributes)
      return between(found?.amount, value, (operand) =>
        operand.type !== 'money' || (operand.currency !== undefined && operand.currency !== found?.currency)
          ? Number.NaN
          : (hundredths(operand.value) ?? Number.NaN),
      )
    }
    default:
      return anyOf(termsAt(run, key, subject, false), value)
  }
}

/** Values of a term: of an action (and of its run, when `andRun`), of the run alone, or of the run and all of its actions. */
function termsAt(run: MemoryRun, key: string, subject: Subject, andRun: boolean): (string | number)[] {
  return [...run.terms.values()]
    .filter((term) => term.key === key)
    .filter(
      ({ actionId }) =>
        subject === 'run' ||
        (actionId === undefined ? andRun : subject !== 'nothing' && actionId === subject.row.actionId),
    )
    .map(({ value }) => value)
}

function anyOf(found: readonly (string | number | undefined)[], value: Value): boolean {
  const present = found.filter((one) => one !== undefined)
  return value.kind === 'none' ? present.length === 0 : present.some((candidate) => one(candidate, value))
}

function one(found: string | number | undefined, value: Value): boolean {
  if (value.kind === 'none') return found === undefined
  if (found === undefined) return false
  if (value.kind === 'word') return String(found) === value.value
  if (value.kind === 'prefix') return value.value === '' || (typeof found === 'string' && found.startsWith(value.value))
  const number = typeof found === 'number' ? found : /^-?\d+(?:\.\d+)?$/.test(found) ? Number(found) : undefined
  return between(number, value, (operand) => (operand.type === 'time' ? Number.NaN : Number(operand.value)))
}

/** Comparisons with NaN are false. */
function between(found: number | undefined, value: Value, read: (operand: Operand) => number): boolean {
  if (value.kind === 'none') return found === undefined
  if (found === undefined) return false
  if (value.kind === 'range') return found >= read(value.from) && found <= read(value.to)
  if (value.kind !== 'compare') return false
  const limit = read(value.operand)
  switch (value.operator) {
    case '=':
      return found === limit
    case '>':
      return found > limit
    case '>=':
      return found >= limit
    case '<':
      return found < limit
    default:
      return found <= limit
  }
}

function versioned(workflow: string, version: string | undefined, value: Value): boolean {
  if (version === undefined || (value.kind !== 'word' && value.kind !== 'prefix')) return false
  const at = value.value.lastIndexOf('@')
  return at > 0 && value.value.slice(0, at) === workflow && one(version, { ...value, value: value.value.slice(at + 1) })
}

function typedTargetHolds(type: string | undefined, id: string | undefined, value: Value): boolean {
  if (type === undefined || id === undefined || (value.kind !== 'word' && value.kind !== 'prefix')) return false
  const colon = value.value.indexOf(':')
  return colon > 0 && value.value.slice(0, colon) === type && one(id, { ...value, value: value.value.slice(colon + 1) })
}

const recorded: ReadonlySet<Grade> = new Set(['observed', 'claimed', 'inferred'])

function has(word: string, { row }: MemoryRun, subject: Subject): boolean {
  if (subject === 'nothing') return false
  if (subject !== 'run') return subject.parts.includes(word)
  const place = answerPlace(word)
  const question = place === undefined ? undefined : questions[place - 1]
  if (question !== undefined) return recorded.has(row.answers[question])
  if (word === 'unrecorded') return Object.values(row.answers).includes('missing')
  return row.flags.includes(runFlagOf(word) ?? '') || (word === 'error' && row.status === 'failed')
}

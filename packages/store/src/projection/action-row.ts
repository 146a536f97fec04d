import { keyRole } from './leaf.ts'
import type { ActionPart, ActionState, CheckFact } from './action-state.ts'
import { compareOrder, earlier, later, type Order, type Said } from './order.ts'
import type { ActionRow, Outcome } from './rows.ts'

/** The facts that count, of all keys that may speak about the action. */
interface Merged {
  readonly parts: readonly ActionPart[]
  readonly foreignEvents: number
}

function merge(state: ActionState): Merged {
  const parts: ActionPart[] = []
  let foreignEvents = 0
  for (const [keyId, part] of Object.entries(state.parts)) {
    const role = keyRole(keyId)
    if (keyId === state.keyId || role === 'server') parts.push(part)
    else if (role === 'policy') parts.push({ types: pickChecks(part), checks: part.checks, attempts: 0 })
    else foreignEvents += Object.values(part.types).reduce((sum, type) => sum + type.count, 0)
  }
  return { parts, foreignEvents }
}

function pickChecks(part: ActionPart): ActionPart['types'] {
  return Object.fromEntries(Object.entries(part.types).filter(([type]) => type.startsWith('validation_')))
}

function lastOf(parts: readonly ActionPart[], ...types: readonly string[]): Order | undefined {
  let last: Said<true> | undefined
  for (const part of parts) {
    for (const type of types) {
      const fact = part.types[type]
      if (fact !== undefined) last = later(last, { at: fact.last, value: true })
    }
  }
  return last?.at
}

/** The types of events that count for the action. */
export function typesThatCount(state: ActionState): ReadonlySet<string> {
  return new Set(merge(state).parts.flatMap((part) => Object.keys(part.types)))
}

const after = (a: Order | undefined, b: Order | undefined): boolean =>
  a !== undefined && (b === undefined || compareOrder(a, b) > 0)

/** Events that say that something may have changed, whatever the action was declared to be. */
const took = ['side_effect_applied', 'side_effect_unknown', 'side_effect_reverted'] as const

const isHarmless = (effectClass: string): boolean => effectClass === 'none' || effectClass === 'read'

/** Whether the action changes something, by what it was declared to be or by what is on record. */
export function hasEffect(row: Pick<ActionRow, 'effectClass' | 'flags'>): boolean {
  return !isHarmless(row.effectClass) || row.flags.includes('undeclared_effect')
}

/** Whether a person would have to say yes: it changes something, and no check says that it may without one. */
export function needsApproval(row: ActionRow): boolean {
  const allowedByRule = row.checks.some(
    ({ verdict, enforced, rule }) => verdict === 'allow' && enforced === 'allowed' && rule !== undefined,
  )
  return hasEffect(row) && !allowedByRule
}

/** When a person said no last, unless that was taken back: by a later yes, or by asking again. */
function standingNo(parts: readonly ActionPart[]): Order | undefined {
  const no = lastOf(parts, 'approval_rejected', 'approval_expired', 'approval_cancelled')
  return after(no, lastOf(parts, 'approval_granted', 'approval_requested')) ? no : undefined
}

/** A verdict that the effect may not come without a yes; what was done about it is another fact. */
function forbids({ verdict, enforced }: CheckFact): boolean {
  return verdict === 'deny' || verdict === 'require_approval' || enforced === 'blocked' || enforced === 'held'
}

/** Whether the effect came although a person or a check had said no, or before the yes that was asked for. */
function isUnapproved(parts: readonly ActionPart[], checks: readonly Said<CheckFact>[]): boolean {
  const applied = lastOf(parts, 'side_effect_applied')
  if (applied === undefined) return false
  const yes = lastOf(parts, 'approval_granted', 'decision_overridden')
  // A check that asks for a person once more, after an edit, may say that the yes on record is the one that it asks for.
  const isSatisfied = ({ verdict, enforced }: CheckFact): boolean =>
    yes !== undefined && verdict === 'require_approval' && enforced === 'allowed'
  const holds = checks.filter(({ value }) => forbids(value) && !isSatisfied(value))
  const against = [standingNo(parts), lastOf(parts, 'approval_requested'), ...holds.map(({ at }) => at)]
  return against.some((at) => after(at, yes) && after(applied, at))
}

/** What became of the action. See the vocabulary in `spec/event.md`. */
function outcomeOf(parts: readonly ActionPart[], effectClass: string, checks: readonly Said<CheckFact>[]): Outcome {
  const failure = parts.reduce<Said<string> | undefined>((found, part) => later(found, part.failure), undefined)?.at
  if (isUnapproved(parts, checks)) return 'mismatch'
  const applied = lastOf(parts, 'side_effect_applied', 'side_effect_reverted')
  if (applied !== undefined) return 'done'
  const called = lastOf(parts, 'tool_called')
  const completed = lastOf(parts, 'tool_completed')
  const sent = after(completed, called) ? completed : called
  const ends: [Outcome, Order | undefined][] = [
    ['unconfirmed', lastOf(parts, 'side_effect_unknown')],
    ['failed', failure],
    ['blocked', lastOf(parts, 'side_effect_blocked')],
    ['rejected', standingNo(parts)],
  ]
  let last: [Outcome, Order | undefined] = ['running', undefined]
  for (const end of ends) if (after(end[1], last[1])) last = end
  const harmless = isHarmless(effectClass)
  // A call after the last verdict is a new attempt whose end nobody has told yet.
  if (sent !== undefined && after(sent, last[1])) {
    if (!harmless) return 'unconfirmed'
    // Without an effect there is nothing to be unsure of: the answer is only not there yet.
    return sent === completed ? 'done' : 'running'
  }
  if (last[1] !== undefined) {
    // A block because of a person's "no" is a rejection.
    if (last[0] === 'blocked' && ends[3]?.[1] !== undefined) return 'rejected'
    return last[0]
  }
  if (checks.some(({ value }) => value.enforced === 'blocked')) return 'blocked'
  const granted = lastOf(parts, 'approval_granted')
  const isHeld = granted === undefined && checks.some(({ value }) => value.enforced === 'held')
  if (isHeld || after(lastOf(parts, 'approval_requested'), granted)) return 'waiting'
  return harmless ? 'done' : 'running'
}

/** The list row of an action, derived from its state. */
export function actionRow(state: ActionState): ActionRow {
  const { parts, foreignEvents } = merge(state)
  const first = <T>(pick: (part: ActionPart) => Said<T> | undefined): T | undefined =>
    parts.reduce<Said<T> | undefined>((found, part) => earlier(found, pick(part)), undefined)?.value
  const last = <T>(pick: (part: ActionPart) => Said<T> | undefined): T | undefined =>
    parts.reduce<Said<T> | undefined>((found, part) => later(found, pick(part)), undefined)?.value
  const byName = new Map<string, Said<CheckFact>>()
  for (const part of parts) {
    for (const [name, fact] of Object.entries(part.checks)) {
      const newest = later(byName.get(name), fact)
      if (newest !== undefined) byName.set(name, newest)
    }
  }
  const checks = [...byName.values()].toSorted((a, b) => (a.value.name < b.value.name ? -1 : 1))
  const identity = first((part) => part.identity)
  const target = first((part) => part.target)
  const tool = first((part) => part.tool)
  const actor = first((part) => part.actor)
  const approver = last((part) => part.approver)
  const externalRef = last((part) => part.externalRef)
  const reasonCode = last((part) => part.reason)
  const effectClass = identity?.effectClass ?? 'execute'
  const flags: string[] = []
  if (foreignEvents > 0) flags.push('foreign_events')
  if (lastOf(parts, 'side_effect_reverted') !== undefined) flags.push('reverted')
  if (lastOf(parts, 'decision_proposed') === undefined) flags.push('never_proposed')
  if (isHarmless(effectClass) && lastOf(parts, ...took) !== undefined) flags.push('undeclared_effect')
  return {
    actionId: state.actionId,
    runId: state.runId,
    keyId: state.keyId,
    type: identity?.type ?? 'unknown',
    effectClass,
    ...(target === undefined ? {} : { targetType: target.type, targetId: target.id }),
    ...(tool === undefined ? {} : { tool }),
    ...(actor === undefined ? {} : { actorType: actor.type, actorId: actor.id }),
    outcome: outcomeOf(parts, effectClass, checks),
    edited: last((part) => part.overridden) === true,
    ...(approver === undefined ? {} : { approver }),
    ...(externalRef === undefined ? {} : { externalRef }),
    ...(reasonCode === undefined ? {} : { reasonCode }),
    startedMs: state.startedMs,
    firstIndex: state.firstIndex,
    lastIndex: state.lastIndex,
    attempts: parts.reduce((sum, part) => sum + part.attempts, 0),
    checks: checks.map(({ value }) => value),
    attributes: first((part) => part.attributes) ?? {},
    flags,
  }
}

import { betterGrade, eventMs, gradeOf, keyRole, type LeafEvent } from './leaf.ts'
import { earlier, later, type Order, type Said } from './order.ts'
import { ownValue, setOwn } from './own.ts'
import type { Grade } from './rows.ts'

/** How many different checks of one action are kept by name; all are in the log. */
const checksMax = 64

export interface CheckFact {
  readonly name: string
  readonly verdict: string
  readonly enforced: string
  readonly rule?: string
}

interface TypeFact {
  count: number
  last: Order
  grade: Grade
}

/** What one key said about an action. Every member is a minimum, a maximum, a count or a set: arrival order cannot matter. */
export interface ActionPart {
  types: Record<string, TypeFact>
  identity?: Said<{ type: string; effectClass: string }>
  target?: Said<{ type: string; id: string }>
  tool?: Said<string>
  /** Who proposed, called or did it. */
  actor?: Said<{ type: string; id: string }>
  attributes?: Said<Readonly<Record<string, string | number>>>
  reason?: Said<string>
  checks: Record<string, Said<CheckFact>>
  failure?: Said<string>
  approver?: Said<string>
  externalRef?: Said<string>
  overridden?: Said<true>
  attempts: number
}

/** The state of one action: a function of the set of its events. */
export interface ActionState {
  readonly actionId: string
  /** The run of the first event in the log. */
  readonly runId: string
  /** Owner: the run's key that spoke of it first. A policy service may speak before it, and then owns nothing. */
  keyId: string
  readonly parts: Record<string, ActionPart>
  startedMs: number
  firstIndex: number
  lastIndex: number
}

export function createActionState(actionId: string, event: LeafEvent): ActionState {
  return {
    actionId,
    runId: event.run_id ?? '',
    keyId: event.key_id,
    parts: {},
    startedMs: eventMs(event),
    firstIndex: event.index,
    lastIndex: event.index,
  }
}

/** Whether what this key says about the action counts; other keys' events are stored and flagged, and change no state. */
export function countsForAction(state: ActionState, event: LeafEvent): boolean {
  if (event.key_id === state.keyId) return true
  const role = keyRole(event.key_id)
  if (role === 'server') return true
  return role === 'policy' && (event.event_type === 'validation_passed' || event.event_type === 'validation_failed')
}

/** Adds one event of the action; mutates and returns `state`. */
export function applyToAction(state: ActionState, event: LeafEvent): ActionState {
  state.firstIndex = Math.min(state.firstIndex, event.index)
  state.lastIndex = Math.max(state.lastIndex, event.index)
  if (keyRole(state.keyId) !== 'run' && keyRole(event.key_id) === 'run') state.keyId = event.key_id
  if (countsForAction(state, event)) state.startedMs = Math.min(state.startedMs, eventMs(event))
  const part = (state.parts[event.key_id] ??= { types: {}, checks: {}, attempts: 0 })
  const at: Order = [event.run_seq ?? 0, event.event_id]
  const said = <T>(value: T): Said<T> => ({ at, value })
  const type = part.types[event.event_type]
  if (type === undefined) {
    part.types[event.event_type] = { count: 1, last: at, grade: gradeOf(event) }
  } else {
    type.count += 1
    type.last = later({ at: type.last, value: true }, said(true))?.at ?? at
    type.grade = betterGrade(type.grade, gradeOf(event))
  }
  assign(
    part,
    'identity',
    earlier(part.identity, event.action && said({ type: event.action.type, effectClass: event.action.effect_class })),
  )
  assign(part, 'target', earlier(part.target, event.target && said({ type: event.target.type, id: event.target.id })))
  if (event.actor !== undefined && isDeed(event.event_type)) {
    assign(part, 'actor', earlier(part.actor, said({ type: event.actor.type, id: event.actor.id })))
  }
  assign(part, 'tool', earlier(part.tool, event.tool && said(event.tool.name)))
  assign(part, 'reason', later(part.reason, event.reason_code === undefined ? undefined : said(event.reason_code)))
  applyByType(part, event, said)
  return state
}

/** Whether the actor of such an event is the one who did the action, and not one who judged it. */
function isDeed(type: string): boolean {
  return type === 'decision_proposed' || type.startsWith('tool_') || type.startsWith('side_effect_')
}

function applyByType(part: ActionPart, event: LeafEvent, said: <T>(value: T) => Said<T>): void {
  switch (event.event_type) {
    case 'decision_proposed':
      assign(part, 'attributes', earlier(part.attributes, event.attributes && said(event.attributes)))
      break
    case 'decision_overridden':
      assign(part, 'overridden', later(part.overridden, said(true)))
      break
    case 'validation_passed':
    case 'validation_failed':
      if (event.check !== undefined) applyCheck(part, event.check, said)
      break
    case 'tool_called':
      part.attempts += 1
      break
    case 'tool_completed':
      if (event.result === 'failure' || event.result === 'denied' || event.result === 'cancelled') {
        assign(part, 'failure', later(part.failure, said(event.result)))
      }
      break
    case 'approval_granted':
    case 'approval_rejected':
      assign(part, 'approver', later(part.approver, event.actor && said(event.actor.id)))
      break
    case 'side_effect_applied':
    case 'side_effect_reverted':
      assign(
        part,
        'externalRef',
        later(part.externalRef, event.effect?.external_ref === undefined ? undefined : said(event.effect.external_ref)),
      )
      break
    default:
  }
}

function applyCheck(part: ActionPart, check: NonNullable<LeafEvent['check']>, said: <T>(value: T) => Said<T>): void {
  const { name, verdict, enforced, policy_version: version } = check
  const ruleId = check.rule_id ?? check.policy_id
  const rule = ruleId === undefined ? undefined : version === undefined ? ruleId : `${ruleId}@${version}`
  const fact = said<CheckFact>({ name, verdict, enforced, ...(rule === undefined ? {} : { rule }) })
  const newest = later(ownValue(part.checks, name), fact)
  if (newest !== undefined) setOwn(part.checks, name, newest)
  const names = Object.keys(part.checks)
  // Dropping the greatest name keeps the smallest ones, whatever order they came in.
  const dropped = names.length > checksMax ? names.toSorted().at(-1) : undefined
  if (dropped !== undefined) delete part.checks[dropped]
}

function assign<K extends keyof ActionPart>(part: ActionPart, name: K, value: ActionPart[K] | undefined): void {
  if (value !== undefined) part[name] = value
}

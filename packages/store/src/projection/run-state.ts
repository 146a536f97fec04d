import { betterGrade, eventMs, gradeOf, keyRole, type LeafEvent } from './leaf.ts'
import type { Term } from './terms.ts'
import { compareOrder, earlier, later, type Order, type Said } from './order.ts'
import type { Answers, Grade, Outcome, RunRow, RunStatus } from './rows.ts'
import { outcomes } from './rows.ts'
import { gapReasons } from './producer-words.ts'
import { stopOrderOf, type StopOrder } from './stop-order.ts'

const endStatus: Readonly<Record<string, RunStatus>> = {
  run_completed: 'completed',
  run_failed: 'failed',
  run_cancelled: 'cancelled',
}

interface Created {
  readonly workflow?: { readonly name: string; readonly version?: string }
  readonly environment?: string
  readonly customerId?: string
  readonly trigger?: { readonly type: string; readonly ref?: string }
  readonly parentRunId?: string
  readonly actor?: { readonly type: string; readonly id: string }
  readonly attributes?: Readonly<Record<string, string | number>>
}

/** What one key said about a run; see `action-state.ts` for why every member is a minimum, a maximum, a count or a set. */
interface RunPart {
  types: Record<string, { count: number; grade: Grade }>
  first?: Order
  created?: Said<Created>
  /** Terminal events by type, the latest of each. */
  ends: Record<string, { at: Order; ms?: number }>
  correlation?: Said<string>
  session?: Said<string>
  model?: Said<string>
  startedMs: number
  /** Whether any event of it says when it happened. */
  timed: boolean
  /** Greatest run_seq seen: what stands behind an end came late. */
  lastSeq: number
  events: number
  /** Events that have a place in the run: without a gap, one more than the greatest. */
  numbered: number
  /** The process that recorded the latest part of it. */
  producer?: Said<string>
  effectful: boolean
  allowed: boolean
  held: boolean
  redacted: boolean
  failedResult: boolean
}

/** What became of the actions of one key. */
export interface ActionCounts {
  /** How many actions have which outcome. */
  outcomes: Partial<Record<Outcome, number>>
  edited: number
  /** How many have an effect and no check that allowed it. */
  needingApproval: number
}

/** The state of one run: a function of the set of its events, and of which key created it. */
export interface RunState {
  readonly runId: string
  readonly parts: Record<string, RunPart>
  /**
   * The key that created the run (by the first `run_created` in the log); until then the first key that may own a run, and
   * before that whichever spoke first: a policy service or the server itself owns nothing.
   */
  owner: string
  ownerCreated: boolean
  firstIndex: number
  lastIndex: number
  /** The first time that a person stopped it. */
  stop?: StopOrder
  /** The server found nobody who still records it, in this entry; gone when its own key is heard again. */
  stalledIndex?: number
  erased: number
  /** By the key that owns the action. */
  readonly actions: Record<string, ActionCounts>
  /** Until `run_created`, by key: see `settleRunTerms`. */
  unsettledTerms?: Record<string, Term[]>
}

export function createRunState(event: LeafEvent): RunState {
  return {
    runId: event.run_id ?? '',
    parts: {},
    owner: event.key_id,
    ownerCreated: false,
    firstIndex: event.index,
    lastIndex: event.index,
    erased: 0,
    actions: {},
    unsettledTerms: {},
  }
}

/** Adds one event of the run; mutates and returns `state`. */
export function applyToRun(state: RunState, event: LeafEvent): RunState {
  if (event.event_type === 'run_created' && !state.ownerCreated) {
    state.owner = event.key_id
    state.ownerCreated = true
  } else if (!state.ownerCreated && keyRole(state.owner) !== 'run' && keyRole(event.key_id) === 'run') {
    state.owner = event.key_id
  }
  state.firstIndex = Math.min(state.firstIndex, event.index)
  state.lastIndex = Math.max(state.lastIndex, event.index)
  if (event.event_type === 'payload_erased') {
    state.erased += 1
    return state
  }
  const stop = stopOrderOf(event)
  if (stop !== undefined) state.stop ??= stop
  if (saysStalled(event)) state.stalledIndex = event.index
  else if (state.stalledIndex !== undefined && event.key_id === state.owner) delete state.stalledIndex
  const ms = eventMs(event)
  const at: Order = [event.run_seq ?? 0, event.event_id]
  const said = <T>(value: T): Said<T> => ({ at, value })
  const part = (state.parts[event.key_id] ??= emptyPart(ms))
  const type = part.types[event.event_type]
  if (type === undefined) part.types[event.event_type] = { count: 1, grade: gradeOf(event) }
  else {
    type.count += 1
    type.grade = betterGrade(type.grade, gradeOf(event))
  }
  if (part.first === undefined || compareOrder(at, part.first) < 0) part.first = at
  part.events += 1
  applyTime(part, event, ms)
  part.lastSeq = Math.max(part.lastSeq, event.run_seq ?? 0)
  // A refusal stands in the place of what was refused, and is counted with the refusals.
  if (event.run_seq !== undefined && event.event_type !== 'event_refused') part.numbered += 1
  if (event.producer !== undefined) put(part, 'producer', later(part.producer, said(event.producer.instance)))
  part.redacted ||= event.redactions !== undefined
  if (event.action !== undefined) part.effectful ||= changesSomething(event.action.effect_class, event.event_type)
  if (event.check !== undefined) {
    part.allowed ||= event.check.verdict === 'allow' && event.check.enforced === 'allowed'
    part.held ||=
      event.check.verdict === 'require_approval' || event.check.verdict === 'deny' || event.check.enforced === 'held'
  }
  part.failedResult ||= event.result === 'failure' && event.event_type !== 'run_failed'
  put(
    part,
    'correlation',
    earlier(part.correlation, event.correlation_id === undefined ? undefined : said(event.correlation_id)),
  )
  put(part, 'session', earlier(part.session, event.session_id === undefined ? undefined : said(event.session_id)))
  put(part, 'model', earlier(part.model, event.model && said(event.model.name)))
  if (event.event_type === 'run_created') put(part, 'created', earlier(part.created, said(createdOf(event))))
  if (event.event_type in endStatus) {
    const end = part.ends[event.event_type]
    if (end === undefined || compareOrder(at, end.at) > 0) {
      part.ends[event.event_type] = { at, ...(isTimed(event) && { ms }) }
    }
  }
  return state
}

function saysStalled(event: LeafEvent): boolean {
  return event.event_type === 'gap_detected' && event.key_id === 'server' && event.reason_code === gapReasons.run
}

/**
 * Whether events of the run are known to be missing. A recorder counts the events of a run from 0 without gaps, and one
 * that was refused has its refusal on record; of others, `run_seq` is order alone.
 */
function hasLost(state: RunState, own: RunPart): boolean {
  if (own.producer === undefined) return false
  const refused = [own, state.parts['server']].reduce(
    (sum, part) => sum + (part?.types['event_refused']?.count ?? 0),
    0,
  )
  return own.numbered + refused <= own.lastSeq
}

/** Whether the run has come to an end, by what its own key says. */
export function hasEnded(state: RunState): boolean {
  return Object.keys(state.parts[state.owner]?.ends ?? {}).length > 0
}

/** The log's own clock is when an event came in; for an import that says nothing of when it happened. */
function isTimed(event: LeafEvent): boolean {
  return event.occurred_at !== undefined || event.assurance !== 'inferred'
}

/** The earliest time that somebody claims; without any, when the log took the first event. */
function applyTime(part: RunPart, event: LeafEvent, ms: number): void {
  const timed = isTimed(event)
  if (timed && !part.timed) part.startedMs = ms
  else if (timed === part.timed) part.startedMs = Math.min(part.startedMs, ms)
  part.timed ||= timed
}

/** By what the action was declared to be, or because the event tells of an effect all the same. */
function changesSomething(effectClass: string, type: string): boolean {
  const isDeclared = effectClass !== 'none' && effectClass !== 'read'
  return isDeclared || (type.startsWith('side_effect_') && type !== 'side_effect_blocked')
}

function emptyPart(ms: number): RunPart {
  return {
    types: {},
    ends: {},
    startedMs: ms,
    timed: false,
    lastSeq: 0,
    events: 0,
    numbered: 0,
    effectful: false,
    allowed: false,
    held: false,
    redacted: false,
    failedResult: false,
  }
}

function createdOf(event: LeafEvent): Created {
  const {
    workflow,
    environment,
    customer_id: customerId,
    trigger,
    parent_run_id: parentRunId,
    actor,
    attributes,
  } = event
  return {
    ...(workflow && { workflow }),
    ...(environment !== undefined && { environment }),
    ...(customerId !== undefined && { customerId }),
    ...(trigger && { trigger }),
    ...(parentRunId !== undefined && { parentRunId }),
    ...(actor && { actor: { type: actor.type, id: actor.id } }),
    ...(attributes && { attributes }),
  }
}

function put<K extends keyof RunPart>(part: RunPart, name: K, value: RunPart[K] | undefined): void {
  if (value !== undefined) part[name] = value
}

/** The list row of a run, derived from its state. */
export function runRow(state: RunState): RunRow {
  const own = state.parts[state.owner] ?? emptyPart(0)
  const acted = countingActions(state)
  const created = own.created?.value
  const ends = Object.entries(own.ends)
  const [endType, end] = ends.toSorted((a, b) => compareOrder(a[1].at, b[1].at)).at(-1) ?? []
  const status =
    (endType === undefined ? undefined : endStatus[endType]) ??
    (state.stalledIndex === undefined ? 'running' : 'stalled')
  const lost = hasLost(state, own)
  const session = own.session?.value
  const model = own.model?.value
  const flags: string[] = []
  if (!state.ownerCreated) flags.push('no_run_created')
  if (ends.length > 1) flags.push('conflicting_ends')
  if (Object.keys(state.parts).some((keyId) => keyId !== state.owner && keyRole(keyId) === 'run'))
    flags.push('foreign_events')
  if (end !== undefined && own.lastSeq > end.at[0]) flags.push('late_events')
  if (lost) flags.push('gap')
  if (!own.timed && own.events > 0) flags.push('time_unknown')
  if (own.redacted) flags.push('redacted')
  if (state.stop !== undefined) flags.push('stopped')
  if (state.erased > 0) flags.push('erased')
  if (acted.edited > 0) flags.push('edited')
  if (own.failedResult) flags.push('errors')
  if (Object.values(own.types).some((type) => type.grade === 'inferred')) flags.push('imported')
  return {
    runId: state.runId,
    status,
    outcome: outcomeOf(acted, own, status),
    ...(created?.workflow && { workflow: created.workflow.name }),
    ...(created?.workflow?.version !== undefined && { version: created.workflow.version }),
    ...(created?.environment !== undefined && { environment: created.environment }),
    ...(created?.customerId !== undefined && { customerId: created.customerId }),
    ...(created?.trigger && { triggerType: created.trigger.type }),
    ...(created?.trigger?.ref !== undefined && { triggerRef: created.trigger.ref }),
    correlationId: own.correlation?.value ?? state.runId,
    ...(session !== undefined && { sessionId: session }),
    ...(created?.parentRunId !== undefined && { parentRunId: created.parentRunId }),
    ...(created?.actor && { actorType: created.actor.type, actorId: created.actor.id }),
    ...(model !== undefined && { model }),
    keyId: state.owner,
    ...(own.producer !== undefined && { producer: own.producer.value }),
    startedMs: own.startedMs,
    ...(end?.ms !== undefined && { endedMs: end.ms }),
    events: Object.values(state.parts).reduce((sum, part) => sum + part.events, 0) + state.erased,
    actions: Object.values(acted.outcomes).reduce((sum, count) => sum + count, 0),
    firstIndex: state.firstIndex,
    lastIndex: state.lastIndex,
    // That there was nothing follows from an end that has been seen and a whole story, and from nothing less.
    answers: answersOf(state, acted, own, status === 'completed' && !lost),
    flags,
    attributes: created?.attributes ?? {},
  }
}

function isTold(trigger: Created['trigger']): boolean {
  return trigger !== undefined && trigger.type !== 'unknown'
}

/** What counts for the run: actions of its owner, and those that only a policy service or the server has spoken of. */
function countingActions(state: RunState): ActionCounts {
  const sum: ActionCounts = { outcomes: {}, edited: 0, needingApproval: 0 }
  for (const [keyId, counts] of Object.entries(state.actions)) {
    if (keyId !== state.owner && keyRole(keyId) === 'run') continue
    for (const outcome of outcomes) {
      const count = counts.outcomes[outcome]
      if (count !== undefined) sum.outcomes[outcome] = (sum.outcomes[outcome] ?? 0) + count
    }
    sum.edited += counts.edited
    sum.needingApproval += counts.needingApproval
  }
  return sum
}

function outcomeOf(acted: ActionCounts, own: RunPart, status: RunStatus): Outcome {
  const worst = outcomes.find((outcome) => (acted.outcomes[outcome] ?? 0) > 0)
  if (status === 'running') return worst === undefined || worst === 'done' ? 'running' : worst
  // Nobody is left to say whether anything else happened.
  if (status === 'stalled' && (worst === undefined || worst === 'done')) return 'unconfirmed'
  // The run ended, or nobody records it any more, and nobody said what became of a proposal.
  if (worst === 'running') return 'unconfirmed'
  if (status === 'failed' && (worst === undefined || worst === 'done')) return 'failed'
  if (own.events === 0) return 'unconfirmed'
  // Somebody stopped it, and nothing happened.
  if (status === 'cancelled' && worst === undefined) return 'rejected'
  return worst ?? 'done'
}

/** @param ended whether it came to its end in good order and nothing is missing: one that broke off may have lost more */
function answersOf(state: RunState, acted: ActionCounts, own: RunPart, ended: boolean): Answers {
  const parts = Object.entries(state.parts)
    .filter(([keyId]) => keyId === state.owner || keyRole(keyId) === 'server')
    .map(([, part]) => part)
  const checks = Object.entries(state.parts)
    .filter(([keyId]) => keyId === state.owner || keyRole(keyId) === 'policy')
    .map(([, part]) => part)
  const best = (from: readonly RunPart[], ...types: readonly string[]): Grade | undefined => {
    let grade: Grade | undefined
    for (const part of from)
      for (const type of types) {
        const fact = part.types[type]
        if (fact !== undefined) grade = betterGrade(grade, fact.grade)
      }
    return grade
  }
  const effectful = own.effectful
  const nothingProposed = ended && Object.keys(acted.outcomes).length === 0
  const allowedByRule =
    acted.needingApproval === 0 && checks.some((part) => part.allowed) && !checks.some((part) => part.held)
  const nothing = (needed: boolean): Grade => (needed || !ended ? 'missing' : 'none')
  return {
    trigger: isTold(own.created?.value.trigger) ? (best(parts, 'run_created') ?? 'missing') : 'missing',
    context: best(parts, 'input_resolved', 'retrieval_completed') ?? 'missing',
    proposal: best(parts, 'decision_proposed') ?? nothing(!nothingProposed),
    checks: best(checks, 'validation_passed', 'validation_failed') ?? nothing(effectful),
    approval:
      best(
        parts,
        'approval_requested',
        'approval_granted',
        'approval_rejected',
        'approval_expired',
        'approval_cancelled',
        'decision_overridden',
      ) ?? (allowedByRule ? 'none' : nothing(effectful)),
    effect:
      best(parts, 'side_effect_applied', 'side_effect_blocked', 'side_effect_unknown', 'side_effect_reverted') ??
      (effectful ? (best(parts, 'tool_completed') ?? 'missing') : nothing(false)),
  }
}

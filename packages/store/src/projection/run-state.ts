import { betterGrade, eventMs, gradeOf, keyRole, type LeafEvent } from './leaf.ts'
import { compareOrder, earlier, type Order, type Said } from './order.ts'
import type { Answers, Grade, Outcome, RunRow, RunStatus } from './rows.ts'
import { outcomes } from './rows.ts'
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
  effectful: boolean
  allowed: boolean
  held: boolean
  redacted: boolean
  failedResult: boolean
}

/** The state of one run: a function of the set of its events, and of which key created it. */
export interface RunState {
  readonly runId: string
  readonly parts: Record<string, RunPart>
  /** The key that created the run (by the first `run_created` in the log); until then the key of its first event. */
  owner: string
  ownerCreated: boolean
  firstIndex: number
  lastIndex: number
  /** The first time that a person stopped it. */
  stop?: StopOrder
  erased: number
  /** How many actions of this run have which outcome. */
  actions: Partial<Record<Outcome, number>>
  edited: number
  /** How many actions have an effect and no check that allowed it. */
  needingApproval: number
  foreignActions: number
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
    edited: 0,
    needingApproval: 0,
    foreignActions: 0,
  }
}

/** Adds one event of the run; mutates and returns `state`. */
export function applyToRun(state: RunState, event: LeafEvent): RunState {
  if (event.event_type === 'run_created' && !state.ownerCreated) {
    state.owner = event.key_id
    state.ownerCreated = true
  }
  state.firstIndex = Math.min(state.firstIndex, event.index)
  state.lastIndex = Math.max(state.lastIndex, event.index)
  if (event.event_type === 'payload_erased') {
    state.erased += 1
    return state
  }
  const stop = stopOrderOf(event)
  if (stop !== undefined) state.stop ??= stop
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
  const created = own.created?.value
  const ends = Object.entries(own.ends)
  const [endType, end] = ends.toSorted((a, b) => compareOrder(a[1].at, b[1].at)).at(-1) ?? []
  const status = (endType === undefined ? undefined : endStatus[endType]) ?? 'running'
  const session = own.session?.value
  const model = own.model?.value
  const flags: string[] = []
  if (!state.ownerCreated) flags.push('no_run_created')
  if (ends.length > 1) flags.push('conflicting_ends')
  if (Object.keys(state.parts).some((keyId) => keyId !== state.owner && keyRole(keyId) === 'run'))
    flags.push('foreign_events')
  if (end !== undefined && own.lastSeq > end.at[0]) flags.push('late_events')
  if (Object.values(state.parts).some((part) => part.types['gap_detected'] !== undefined)) flags.push('gap')
  if (!own.timed && own.events > 0) flags.push('time_unknown')
  if (own.redacted) flags.push('redacted')
  if (state.stop !== undefined) flags.push('stopped')
  if (state.erased > 0) flags.push('erased')
  if (state.edited > 0) flags.push('edited')
  if (own.failedResult) flags.push('errors')
  if (Object.values(own.types).some((type) => type.grade === 'inferred')) flags.push('imported')
  return {
    runId: state.runId,
    status,
    outcome: outcomeOf(state, own, status),
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
    startedMs: own.startedMs,
    ...(end?.ms !== undefined && { endedMs: end.ms }),
    events: Object.values(state.parts).reduce((sum, part) => sum + part.events, 0) + state.erased,
    actions: Object.values(state.actions).reduce((sum, count) => sum + count, 0),
    firstIndex: state.firstIndex,
    lastIndex: state.lastIndex,
    answers: answersOf(state, own, status),
    flags,
    attributes: created?.attributes ?? {},
  }
}

function outcomeOf(state: RunState, own: RunPart, status: RunStatus): Outcome {
  const worst = outcomes.find((outcome) => (state.actions[outcome] ?? 0) > 0)
  if (status === 'running') return worst === undefined || worst === 'done' ? 'running' : worst
  // The run ended and nobody said what became of a proposal.
  if (worst === 'running') return 'unconfirmed'
  if (status === 'failed' && (worst === undefined || worst === 'done')) return 'failed'
  if (own.events === 0) return 'unconfirmed'
  // Somebody stopped it, and nothing happened.
  if (status === 'cancelled' && worst === undefined) return 'rejected'
  return worst ?? 'done'
}

function answersOf(state: RunState, own: RunPart, status: RunStatus): Answers {
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
  const ended = status !== 'running'
  const effectful = own.effectful
  const nothingProposed = ended && state.foreignActions === 0 && Object.keys(state.actions).length === 0
  const allowedByRule =
    state.needingApproval === 0 && checks.some((part) => part.allowed) && !checks.some((part) => part.held)
  const nothing = (needed: boolean): Grade => (needed || !ended ? 'missing' : 'none')
  return {
    trigger: own.created?.value.trigger === undefined ? 'missing' : (best(parts, 'run_created') ?? 'missing'),
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

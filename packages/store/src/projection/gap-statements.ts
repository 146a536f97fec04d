import { limits } from '@counterfoil/schema'
import { allMissing, isSilent, isStopped, type MissingRange, type ProducerState } from './producer-state.ts'
import { gapReasons, type ProducerId } from './producer-words.ts'

/** The moment at which gaps are looked for, and what counts as waiting. */
export interface GapClock {
  readonly nowMs: number
  /** Since when producers could be heard: what came before is nobody's silence. */
  readonly upSinceMs: number
  /** How long a higher number waits for the lower ones. */
  readonly gapAfterMs: number
}

/** Something that the server has to record about a producer or a run. */
export interface GapStatement {
  readonly type: 'gap_detected' | 'gap_healed'
  readonly fields: {
    readonly run_id?: string
    readonly reason_code: string
    readonly attributes: Readonly<Record<string, string | number>>
  }
}

const named = ({ keyId, instance }: ProducerId): Readonly<Record<string, string>> => ({
  producer_key: keyId,
  instance,
})

type Range = Pick<MissingRange, 'first' | 'last'>

const within = (inner: Range, outer: Range): boolean => outer.first <= inner.first && inner.last <= outer.last
const overlap = (a: Range, b: Range): boolean => a.first <= b.last && b.first <= a.last

function isDeclared(state: ProducerState, range: MissingRange): boolean {
  // Where gaps are no longer kept apart, one statement speaks for all that follow.
  if (range === state.scattered) return state.declared.some(({ first }) => first === range.first)
  return state.declared.some((gap) => within(range, gap))
}

const isHealed = (state: ProducerState, gap: Range): boolean => !allMissing(state).some((range) => overlap(range, gap))

function gapStatement(type: GapStatement['type'], state: ProducerState, { first, last }: Range): GapStatement {
  const attributes = { ...named(state), first_missing: first, last_missing: last }
  return { type, fields: { reason_code: gapReasons.missing, attributes } }
}

function silenceStatement(type: GapStatement['type'], state: ProducerState): GapStatement {
  const attributes = { ...named(state), last_seq: state.highest }
  return { type, fields: { reason_code: gapReasons.silent, attributes } }
}

/** After so long without a word a producer is silent; undefined for one that promised nothing or said goodbye. */
function silentAfterMs(state: ProducerState): number | undefined {
  if (state.promise === undefined || isStopped(state)) return undefined
  return state.promise.withinMs * limits.silentAfterPromises
}

/** What there is to say about a producer now. */
export function dueStatements(state: ProducerState, { nowMs, upSinceMs, gapAfterMs }: GapClock): GapStatement[] {
  const waited = (sinceMs: number): number => nowMs - Math.max(sinceMs, upSinceMs)
  const statements = state.declared
    .filter((gap) => isHealed(state, gap))
    .map((gap) => gapStatement('gap_healed', state, gap))
  for (const range of allMissing(state)) {
    if (waited(range.sinceMs) >= gapAfterMs && !isDeclared(state, range))
      statements.push(gapStatement('gap_detected', state, range))
  }
  if (state.silence?.heardAgain === true) statements.push(silenceStatement('gap_healed', state))
  const afterMs = silentAfterMs(state)
  if (afterMs !== undefined && !isSilent(state) && waited(state.lastMs) >= afterMs)
    statements.push(silenceStatement('gap_detected', state))
  return statements
}

/** Times are looked at in steps, so that a producer that keeps talking does not move in the index with each word. */
const dueStepMs = 10_000

/** The earliest moment at which {@link dueStatements} may have something to say; undefined when it waits for an event. */
export function dueMs(state: ProducerState): number | undefined {
  if (state.silence?.heardAgain === true || state.declared.some((gap) => isHealed(state, gap))) return 0
  const moments = allMissing(state)
    .filter((range) => !isDeclared(state, range))
    .map(({ sinceMs }) => sinceMs)
  const afterMs = silentAfterMs(state)
  if (afterMs !== undefined && !isSilent(state))
    moments.push(Math.floor((state.lastMs + afterMs) / dueStepMs) * dueStepMs)
  return moments.length === 0 ? undefined : Math.min(...moments)
}

/** Whether nobody is left to go on with the runs that this producer records: then those that are open are stalled. */
export function isGone(state: ProducerState, { nowMs, upSinceMs, gapAfterMs }: GapClock): boolean {
  if (isSilent(state)) return true
  return isStopped(state) && nowMs - Math.max(state.lastMs, upSinceMs) >= gapAfterMs
}

/** That an open run has nobody any more who records it. */
export function stallStatement(runId: string, state: ProducerState): GapStatement {
  const attributes = { ...named(state), last_seq: state.highest }
  return { type: 'gap_detected', fields: { run_id: runId, reason_code: gapReasons.run, attributes } }
}

import { limits } from '@counterfoil/schema'
import type { ProducerId, ProducerWord } from './producer-words.ts'

/** Numbers that a higher one has overtaken. */
export interface MissingRange {
  readonly first: number
  readonly last: number
  /** When the higher number was recorded. */
  readonly sinceMs: number
}

/** What is known of one producer: a function of what its events say, in the order of the log. */
export interface ProducerState extends ProducerId {
  /** Greatest number seen; -1 before the first. */
  highest: number
  /** In ascending order. */
  missing: MissingRange[]
  /** Where there were more gaps than are kept apart: they lie between these two, and are never taken for healed. */
  scattered?: MissingRange
  /** Gaps on record that are not healed. */
  declared: { readonly first: number; readonly last: number }[]
  firstMs: number
  lastMs: number
  /** Its last promise to be heard again. */
  promise?: { readonly seq: number; readonly withinMs: number }
  /** The number with which it said goodbye. */
  goodbye?: number
  /** On record as silent; `heardAgain` when it has sent something since. */
  silence?: { heardAgain: boolean }
}

export function createProducerState({ keyId, instance }: ProducerId): ProducerState {
  return { keyId, instance, highest: -1, missing: [], declared: [], firstMs: 0, lastMs: 0 }
}

/** Adds what one event says; mutates `state`. */
export function applyToProducer(state: ProducerState, word: ProducerWord): void {
  switch (word.kind) {
    case 'number':
      applyNumber(state, word)
      return
    case 'gap_declared':
      state.declared.push({ first: word.first, last: word.last })
      return
    case 'gap_healed':
      state.declared = state.declared.filter(({ first, last }) => first !== word.first || last !== word.last)
      return
    case 'silence_declared':
      state.silence = { heardAgain: false }
      return
    case 'silence_ended':
      delete state.silence
  }
}

function applyNumber(state: ProducerState, word: ProducerWord & { readonly kind: 'number' }): void {
  const { seq, atMs, withinMs, isLast } = word
  state.firstMs = state.highest < 0 ? atMs : Math.min(state.firstMs, atMs)
  state.lastMs = Math.max(state.lastMs, atMs)
  if (seq > state.highest) {
    if (seq > state.highest + 1) addMissing(state, { first: state.highest + 1, last: seq - 1, sinceMs: atMs })
    state.highest = seq
  } else if (state.missing.length > 0) removeMissing(state, seq)
  if (withinMs !== undefined && seq >= (state.promise?.seq ?? 0)) state.promise = { seq, withinMs }
  if (isLast) state.goodbye = Math.max(state.goodbye ?? 0, seq)
  if (state.silence !== undefined) state.silence.heardAgain = true
}

function addMissing(state: ProducerState, range: MissingRange): void {
  if (state.missing.length < limits.missingRangesMax) state.missing.push(range)
  else
    state.scattered = {
      ...range,
      first: state.scattered?.first ?? range.first,
      sinceMs: state.scattered?.sinceMs ?? range.sinceMs,
    }
}

function removeMissing(state: ProducerState, seq: number): void {
  const at = state.missing.findIndex(({ first, last }) => first <= seq && seq <= last)
  const range = state.missing[at]
  if (range === undefined) return
  const rest = [
    { ...range, last: seq - 1 },
    { ...range, first: seq + 1 },
  ].filter(({ first, last }) => first <= last)
  // One gap that falls apart may not push the list over its limit for ever.
  if (state.missing.length + rest.length - 1 <= 2 * limits.missingRangesMax) state.missing.splice(at, 1, ...rest)
}

/** Whether it said goodbye, and nothing after that. */
export function isStopped({ goodbye, highest }: ProducerState): boolean {
  return goodbye !== undefined && goodbye >= highest
}

/** Whether it is on record as silent and was not heard since. */
export function isSilent({ silence }: ProducerState): boolean {
  return silence !== undefined && !silence.heardAgain
}

/** Everything that is missing, the gaps that are not kept apart last. */
export function allMissing({ missing, scattered }: ProducerState): readonly MissingRange[] {
  return scattered === undefined ? missing : [...missing, scattered]
}

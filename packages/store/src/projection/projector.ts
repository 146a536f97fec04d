import { actionRow, needsApproval } from './action-row.ts'
import { applyToAction, countsForAction, createActionState, type ActionState } from './action-state.ts'
import type { LeafEvent } from './leaf.ts'
import { applyToProducer, createProducerState, type ProducerState } from './producer-state.ts'
import { producerKey, producerWords, type ProducerWord } from './producer-words.ts'
import type { ActionRow, RunRow } from './rows.ts'
import { applyToRun, createRunState, runRow, type ActionCounts, type RunState } from './run-state.ts'
import { RunTerms } from './run-terms.ts'
import { TermBag } from './term-bag.ts'
import { addActionTerms, type Term } from './terms.ts'

/** Where a projector finds the states that earlier events made. */
export interface StateSource {
  runState(runId: string): RunState | undefined
  actionState(actionId: string): ActionState | undefined
  /** @param key see `producerKey` */
  producerState(key: string): ProducerState | undefined
}

/** What a batch of events changed, to be written in the same transaction as the events. */
export interface ProjectionChanges {
  readonly runs: readonly {
    readonly state: RunState
    readonly row: RunRow
    readonly terms: readonly Term[]
    /** To be taken out before `terms` are put in. */
    readonly removedTerms: readonly Term[]
  }[]
  readonly actions: readonly { readonly state: ActionState; readonly row: ActionRow; readonly terms: readonly Term[] }[]
  readonly producers: readonly ProducerState[]
}

interface ChangedRun {
  readonly state: RunState
  readonly terms: RunTerms
}

interface ChangedAction {
  readonly state: ActionState
  readonly before: ActionRow | undefined
  readonly terms: TermBag
}

/**
 * Folds events, in index order, into states of runs, actions and producers. Pure but for the states that it is handed: the same
 * leaves give the same rows, live or in a rebuild.
 */
export class Projector {
  readonly #source: StateSource
  readonly #runs = new Map<string, ChangedRun>()
  readonly #actions = new Map<string, ChangedAction>()
  readonly #producers = new Map<string, ProducerState>()

  constructor(source: StateSource) {
    this.#source = source
  }

  apply(event: LeafEvent): void {
    for (const word of producerWords(event)) this.#applyToProducer(word)
    const { run_id: runId, action } = event
    if (runId === undefined) return
    let run = this.#runs.get(runId)
    if (run === undefined) {
      run = { state: this.#source.runState(runId) ?? createRunState(event), terms: new RunTerms() }
      this.#runs.set(runId, run)
    }
    if (!hasType(run.state, event.event_type)) run.terms.added.add('type', event.event_type)
    const ownerBefore = run.state.owner
    applyToRun(run.state, event)
    run.terms.say(run.state, ownerBefore, event)
    if (action === undefined) return
    const changed = this.#applyAction(event, action.id)
    if (countsForAction(changed.state, event)) addActionTerms(event, changed.terms)
  }

  #applyToProducer(word: ProducerWord): void {
    const key = producerKey(word)
    const state = this.#producers.get(key) ?? this.#source.producerState(key) ?? createProducerState(word)
    this.#producers.set(key, state)
    applyToProducer(state, word)
  }

  /** The state of a run with what was applied so far. */
  runState(runId: string): RunState | undefined {
    return this.#runs.get(runId)?.state ?? this.#source.runState(runId)
  }

  #applyAction(event: LeafEvent, actionId: string): ChangedAction {
    let changed = this.#actions.get(actionId)
    if (changed === undefined) {
      const known = this.#source.actionState(actionId)
      const state = known ?? createActionState(actionId, event)
      changed = { state, before: known && actionRow(known), terms: new TermBag() }
      this.#actions.set(actionId, changed)
    }
    applyToAction(changed.state, event)
    return changed
  }

  /** The changes so far; call once, after the last event. */
  changes(): ProjectionChanges {
    const actions = [...this.#actions.values()].map(({ state, before, terms }) => {
      const row = actionRow(state)
      const run = this.#runs.get(state.runId)?.state ?? this.#source.runState(state.runId)
      if (run !== undefined) {
        if (!this.#runs.has(state.runId)) this.#runs.set(state.runId, { state: run, terms: new RunTerms() })
        countOutcome(run, before, row)
      }
      return { state, row, terms: terms.terms }
    })
    const runs = [...this.#runs.values()].map(({ state, terms: { added, removed } }) => ({
      state,
      row: runRow(state),
      terms: added.terms,
      removedTerms: removed.terms,
    }))
    return { runs, actions, producers: [...this.#producers.values()] }
  }
}

function hasType(run: RunState, type: string): boolean {
  for (const keyId in run.parts) if (run.parts[keyId]?.types[type] !== undefined) return true
  return false
}

/** Under the key that owns the action, which may have changed: a policy service can speak before it. */
function countOutcome(run: RunState, before: ActionRow | undefined, now: ActionRow): void {
  if (before !== undefined) {
    const counts = run.actions[before.keyId] ?? noActions()
    const left = (counts.outcomes[before.outcome] ?? 1) - 1
    if (left === 0) delete counts.outcomes[before.outcome]
    else counts.outcomes[before.outcome] = left
    if (before.edited) counts.edited -= 1
    if (needsApproval(before)) counts.needingApproval -= 1
    if (Object.keys(counts.outcomes).length === 0) delete run.actions[before.keyId]
  }
  const counts = (run.actions[now.keyId] ??= noActions())
  counts.outcomes[now.outcome] = (counts.outcomes[now.outcome] ?? 0) + 1
  if (now.edited) counts.edited += 1
  if (needsApproval(now)) counts.needingApproval += 1
}

function noActions(): ActionCounts {
  return { outcomes: {}, edited: 0, needingApproval: 0 }
}

import { actionRow, needsApproval } from './action-row.ts'
import { applyToAction, countsForAction, createActionState, type ActionState } from './action-state.ts'
import type { LeafEvent } from './leaf.ts'
import type { ActionRow, RunRow } from './rows.ts'
import { applyToRun, createRunState, runRow, type RunState } from './run-state.ts'
import { TermBag } from './term-bag.ts'
import { addTerms, type Term } from './terms.ts'

/** Where a projector finds the states that earlier events made. */
export interface StateSource {
  runState(runId: string): RunState | undefined
  actionState(actionId: string): ActionState | undefined
}

/** What a batch of events changed, to be written in the same transaction as the events. */
export interface ProjectionChanges {
  readonly runs: readonly { readonly state: RunState; readonly row: RunRow; readonly terms: readonly Term[] }[]
  readonly actions: readonly { readonly state: ActionState; readonly row: ActionRow; readonly terms: readonly Term[] }[]
}

interface ChangedRun {
  readonly state: RunState
  readonly terms: TermBag
}

interface ChangedAction {
  readonly state: ActionState
  readonly before: ActionRow | undefined
  readonly terms: TermBag
}

/**
 * Folds events, in index order, into run and action states. Pure but for the states that it is handed: the same
 * leaves give the same rows, live or in a rebuild.
 */
export class Projector {
  readonly #source: StateSource
  readonly #runs = new Map<string, ChangedRun>()
  readonly #actions = new Map<string, ChangedAction>()

  constructor(source: StateSource) {
    this.#source = source
  }

  apply(event: LeafEvent): void {
    const { run_id: runId, action } = event
    if (runId === undefined) return
    let run = this.#runs.get(runId)
    if (run === undefined) {
      run = { state: this.#source.runState(runId) ?? createRunState(event), terms: new TermBag() }
      this.#runs.set(runId, run)
    }
    if (!hasType(run.state, event.event_type)) run.terms.add('type', event.event_type)
    applyToRun(run.state, event)
    if (action === undefined) {
      if (event.key_id === run.state.owner) addTerms(event, run.terms, undefined)
      return
    }
    const changed = this.#applyAction(event, action.id)
    if (countsForAction(changed.state, event)) addTerms(event, run.terms, changed.terms)
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
        if (!this.#runs.has(state.runId)) this.#runs.set(state.runId, { state: run, terms: new TermBag() })
        countOutcome(run, before, row)
      }
      return { state, row, terms: terms.terms }
    })
    const runs = [...this.#runs.values()].map(({ state, terms }) => ({ state, row: runRow(state), terms: terms.terms }))
    return { runs, actions }
  }
}

function hasType(run: RunState, type: string): boolean {
  for (const keyId in run.parts) if (run.parts[keyId]?.types[type] !== undefined) return true
  return false
}

function countOutcome(run: RunState, before: ActionRow | undefined, now: ActionRow): void {
  if (before !== undefined) {
    const left = (run.actions[before.outcome] ?? 1) - 1
    if (left === 0) delete run.actions[before.outcome]
    else run.actions[before.outcome] = left
    if (before.edited) run.edited -= 1
    if (needsApproval(before)) run.needingApproval -= 1
  }
  run.actions[now.outcome] = (run.actions[now.outcome] ?? 0) + 1
  if (now.edited) run.edited += 1
  if (needsApproval(now)) run.needingApproval += 1
}

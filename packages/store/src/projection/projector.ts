import { actionRow, needsApproval } from './action-row.ts'
import { applyToAction, countsForAction, createActionState, type ActionState } from './action-state.ts'
import type { LeafEvent } from './leaf.ts'
import type { ActionRow, RunRow } from './rows.ts'
import { applyToRun, createRunState, runRow, type RunState } from './run-state.ts'
import { termsOf, type Term } from './terms.ts'

/** Where a projector finds the states that earlier events made. */
export interface StateSource {
  runState(runId: string): RunState | undefined
  actionState(actionId: string): ActionState | undefined
}

/** What a batch of events changed, to be written in the same transaction as the events. */
export interface ProjectionChanges {
  readonly runs: readonly { readonly state: RunState; readonly row: RunRow }[]
  readonly actions: readonly { readonly state: ActionState; readonly row: ActionRow }[]
  readonly terms: readonly Term[]
}

/**
 * Folds events, in index order, into run and action states. Pure but for the states that it is handed: the same
 * leaves give the same rows, live or in a rebuild.
 */
export class Projector {
  readonly #source: StateSource
  readonly #runs = new Map<string, RunState>()
  readonly #actions = new Map<string, { state: ActionState; before: ActionRow | undefined }>()
  readonly #terms: Term[] = []

  constructor(source: StateSource) {
    this.#source = source
  }

  apply(event: LeafEvent): void {
    if (event.run_id === undefined) return
    const run = this.#runs.get(event.run_id) ?? this.#source.runState(event.run_id) ?? createRunState(event)
    this.#runs.set(event.run_id, run)
    if (!hasType(run, event.event_type)) this.#terms.push({ key: 'type', value: event.event_type, runId: event.run_id })
    applyToRun(run, event)
    const counts = event.action === undefined ? event.key_id === run.owner : this.#applyAction(event, event.action.id)
    const owner = event.action === undefined ? undefined : this.#actions.get(event.action.id)?.state.runId
    if (counts) this.#terms.push(...termsOf(event, owner))
  }

  /** The state of a run with what was applied so far. */
  runState(runId: string): RunState | undefined {
    return this.#runs.get(runId) ?? this.#source.runState(runId)
  }

  #applyAction(event: LeafEvent, actionId: string): boolean {
    let entry = this.#actions.get(actionId)
    if (entry === undefined) {
      const known = this.#source.actionState(actionId)
      entry = { state: known ?? createActionState(actionId, event), before: known && actionRow(known) }
      this.#actions.set(actionId, entry)
    }
    applyToAction(entry.state, event)
    return countsForAction(entry.state, event)
  }

  /** The changes so far; call once, after the last event. */
  changes(): ProjectionChanges {
    const actions = [...this.#actions.values()].map(({ state, before }) => {
      const row = actionRow(state)
      const run = this.#runs.get(state.runId) ?? this.#source.runState(state.runId)
      if (run !== undefined) {
        this.#runs.set(state.runId, run)
        countOutcome(run, before, row)
      }
      return { state, row }
    })
    const runs = [...this.#runs.values()].map((state) => ({ state, row: runRow(state) }))
    return { runs, actions, terms: this.#terms }
  }
}

function hasType(run: RunState, type: string): boolean {
  return Object.values(run.parts).some((part) => part.types[type] !== undefined)
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

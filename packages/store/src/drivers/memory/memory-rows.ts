import { actionParts } from '../../projection/action-parts.ts'
import type { ActionState } from '../../projection/action-state.ts'
import type { ProducerState } from '../../projection/producer-state.ts'
import { producerKey } from '../../projection/producer-words.ts'
import type { ProjectionChanges, StateSource } from '../../projection/projector.ts'
import type { ActionRow, RunRow } from '../../projection/rows.ts'
import type { RunState } from '../../projection/run-state.ts'
import type { Term } from '../../projection/terms.ts'

/** Searchable facts: key, value, and the action that they are of (undefined: the run itself). */
interface MemoryTerm {
  readonly key: string
  readonly value: string | number
  readonly actionId: string | undefined
}

export interface MemoryAction {
  readonly pk: number
  row: ActionRow
  parts: readonly string[]
}

export interface MemoryRun {
  readonly pk: number
  row: RunRow
  readonly terms: Map<string, MemoryTerm>
  readonly actions: Map<string, MemoryAction>
  /** Searchable texts, one an event. */
  readonly texts: MemoryText[]
}

export interface MemoryText {
  readonly index: number
  readonly part: string
  readonly words: readonly string[]
}

/** Runs, actions and producers of one log, with the states behind them. */
export class MemoryRows implements StateSource {
  readonly #runStates = new Map<string, RunState>()
  readonly #actionStates = new Map<string, ActionState>()
  readonly #numbers = new Map<string, number>()
  readonly runs = new Map<string, MemoryRun>()
  /** In the order in which they were first heard. */
  readonly producers = new Map<string, ProducerState>()
  #nextAction = 1

  /** Runs are numbered at their first event. */
  numberOf(runId: string): number {
    const number = this.#numbers.get(runId) ?? this.#numbers.size + 1
    this.#numbers.set(runId, number)
    return number
  }

  runState(runId: string): RunState | undefined {
    return this.#runStates.get(runId)
  }

  actionState(actionId: string): ActionState | undefined {
    return this.#actionStates.get(actionId)
  }

  producerState(key: string): ProducerState | undefined {
    return this.producers.get(key)
  }

  write(changes: ProjectionChanges): void {
    for (const state of changes.producers) this.producers.set(producerKey(state), state)
    for (const { state, row, terms, removedTerms } of changes.runs) {
      this.#runStates.set(row.runId, state)
      const run = this.#run(row.runId, row)
      run.row = row
      for (const { key, value } of removedTerms) run.terms.delete(JSON.stringify([key, value, undefined]))
      addTerms(run, terms, undefined)
    }
    for (const { state, row, terms } of changes.actions) {
      this.#actionStates.set(row.actionId, state)
      const run = this.runs.get(row.runId)
      const known = run?.actions.get(row.actionId)
      const pk = known?.pk ?? this.#nextAction++
      run?.actions.set(row.actionId, { pk, row, parts: actionParts(state) })
      if (run !== undefined) addTerms(run, terms, row.actionId)
    }
  }

  #run(runId: string, row: RunRow): MemoryRun {
    let run = this.runs.get(runId)
    if (run === undefined) {
      run = { pk: this.numberOf(runId), row, terms: new Map(), actions: new Map(), texts: [] }
      this.runs.set(runId, run)
    }
    return run
  }
}

function addTerms(run: MemoryRun, terms: readonly Term[], actionId: string | undefined): void {
  for (const { key, value } of terms) run.terms.set(JSON.stringify([key, value, actionId]), { key, value, actionId })
}

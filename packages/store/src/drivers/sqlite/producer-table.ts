import { limits } from '@counterfoil/schema'
import type { DatabaseSync, StatementSync } from 'node:sqlite'
import {
  dueMs,
  dueStatements,
  isGone,
  stallStatement,
  type GapClock,
  type GapStatement,
} from '../../projection/gap-statements.ts'
import { producerStatus } from '../../projection/producer-row.ts'
import type { ProducerState } from '../../projection/producer-state.ts'
import { producerKey } from '../../projection/producer-words.ts'

/** How many states stay in memory between commits. */
const cachedStatesMax = 5_000

/** Producers as rows. Used inside the writer's transaction only. */
export class ProducerTable {
  readonly #states = new Map<string, ProducerState>()
  readonly #statements: Record<'select' | 'put' | 'due' | 'gone' | 'openRuns', StatementSync>

  constructor(database: DatabaseSync) {
    this.#statements = {
      select: database.prepare('SELECT state FROM producer WHERE id = ?'),
      put: database.prepare(
        `INSERT INTO producer (id, status, due_ms, state) VALUES (?, ?, ?, ?)
         ON CONFLICT (id) DO UPDATE SET status = excluded.status, due_ms = excluded.due_ms, state = excluded.state`,
      ),
      due: database.prepare('SELECT state FROM producer WHERE due_ms <= ? ORDER BY due_ms, pk'),
      gone: database.prepare(
        `SELECT state FROM producer WHERE status <> 'active' AND id IN
           (SELECT producer FROM run WHERE status = 'running' AND producer IS NOT NULL)`,
      ),
      openRuns: database.prepare(`SELECT run_id FROM run WHERE status = 'running' AND producer = ? ORDER BY pk`),
    }
  }

  state(key: string): ProducerState | undefined {
    const known = this.#states.get(key)
    if (known !== undefined) return known
    const row = this.#statements.select.get(key)
    if (row === undefined) return undefined
    const state = stateOf(row)
    this.#states.set(key, state)
    return state
  }

  write(states: readonly ProducerState[]): void {
    for (const state of states) {
      const key = producerKey(state)
      this.#statements.put.run(key, producerStatus(state), dueMs(state) ?? null, JSON.stringify(state))
      this.#states.set(key, state)
    }
    for (const key of this.#states.keys()) {
      if (this.#states.size <= cachedStatesMax) break
      this.#states.delete(key)
    }
  }

  /** What there is to say about producers at a moment, the most urgent first, as much as one commit takes. */
  dueStatements(clock: GapClock): GapStatement[] {
    const statements: GapStatement[] = []
    for (const row of this.#statements.due.iterate(clock.nowMs)) {
      statements.push(...dueStatements(stateOf(row), clock))
      if (statements.length >= limits.batchEventsMax) break
    }
    return statements
  }

  /** That runs are open although the producer that records them is gone, as much as one commit takes. */
  stallStatements(clock: GapClock): GapStatement[] {
    const statements: GapStatement[] = []
    for (const producer of this.#statements.gone.all().map(stateOf)) {
      if (!isGone(producer, clock)) continue
      for (const run of this.#statements.openRuns.iterate(producerKey(producer))) {
        statements.push(stallStatement(String(run['run_id']), producer))
        if (statements.length >= limits.batchEventsMax) return statements
      }
    }
    return statements
  }

  /** Forgets everything in memory. */
  reset(): void {
    this.#states.clear()
  }
}

function stateOf(row: Readonly<Record<string, unknown>>): ProducerState {
  return JSON.parse(String(row['state'])) as ProducerState
}

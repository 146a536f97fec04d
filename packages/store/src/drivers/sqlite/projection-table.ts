import type { DatabaseSync, SQLInputValue, StatementSync } from 'node:sqlite'
import { actionParts } from '../../projection/action-parts.ts'
import type { ActionState } from '../../projection/action-state.ts'
import { amountOf } from '../../projection/amount.ts'
import type { ProducerState } from '../../projection/producer-state.ts'
import { producerKey } from '../../projection/producer-words.ts'
import type { ProjectionChanges, StateSource } from '../../projection/projector.ts'
import { questions, type ActionRow, type Grade, type RunRow } from '../../projection/rows.ts'
import type { RunState } from '../../projection/run-state.ts'
import { ProducerTable } from './producer-table.ts'
import { RowTable, type Column } from './row-table.ts'
import { StateCache } from './state-cache.ts'

/** Characters of states (as JSON) that stay in memory between commits: a run is written to again and again while it lasts. */
const runCharactersMax = 4 * 1024 * 1024
const actionCharactersMax = 4 * 1024 * 1024

/** Rows of one multi-row insert into `term`. */
const termRows = 32
const termColumns = 4

const gradeLetter: Readonly<Record<Grade, string>> = {
  observed: 'o',
  claimed: 'c',
  inferred: 'i',
  none: 'n',
  missing: 'm',
}

interface Known<State> {
  readonly pk: number
  readonly state: State | undefined
  /** The row as it stands in the table; undefined when there is none yet. */
  readonly values: readonly SQLInputValue[] | undefined
}

const indexed = <Source>(name: string, of: Column<Source>['of']): Column<Source> => ({ name, isIndexed: true, of })
const plain = <Source>(name: string, of: Column<Source>['of']): Column<Source> => ({ name, isIndexed: false, of })

const runColumns: readonly Column<RunRow>[] = [
  indexed('status', (row) => row.status),
  indexed('outcome', (row) => row.outcome),
  indexed('workflow', (row) => row.workflow ?? null),
  plain('version', (row) => row.version ?? null),
  plain('environment', (row) => row.environment ?? null),
  indexed('customer', (row) => row.customerId ?? null),
  plain('trigger_type', (row) => row.triggerType ?? null),
  indexed('correlation', (row) => row.correlationId),
  indexed('session', (row) => row.sessionId ?? null),
  indexed('parent', (row) => row.parentRunId ?? null),
  plain('actor_type', (row) => row.actorType ?? null),
  indexed('actor_id', (row) => row.actorId ?? null),
  indexed('model', (row) => row.model ?? null),
  indexed('producer', ({ keyId, producer }) =>
    producer === undefined ? null : producerKey({ keyId, instance: producer }),
  ),
  indexed('started_ms', (row) => row.startedMs),
  indexed('ended_ms', (row) => row.endedMs ?? null),
  plain('events', (row) => row.events),
  plain('last_idx', (row) => row.lastIndex),
  plain('answers', (row) => questions.map((question) => gradeLetter[row.answers[question]]).join('')),
  plain('flags', (row) => spaced(row.flags)),
]

interface ActionSource {
  readonly row: ActionRow
  readonly state: ActionState
  readonly run: number
}

const actionColumns: readonly Column<ActionSource>[] = [
  indexed('run', ({ run }) => run),
  indexed('type', ({ row }) => row.type),
  indexed('effect_class', ({ row }) => row.effectClass),
  plain('target_type', ({ row }) => row.targetType ?? null),
  indexed('target_id', ({ row }) => row.targetId ?? null),
  indexed('outcome', ({ row }) => row.outcome),
  indexed('approver', ({ row }) => row.approver ?? null),
  plain('edited', ({ row }) => (row.edited ? 1 : 0)),
  indexed('started_ms', ({ row }) => row.startedMs),
  indexed('amount', ({ row }) => amountOf(row.attributes)?.amount ?? null),
  plain('currency', ({ row }) => amountOf(row.attributes)?.currency ?? null),
  plain('actor_type', ({ row }) => row.actorType ?? null),
  plain('actor_id', ({ row }) => row.actorId ?? null),
  plain('parts', ({ state }) => spaced(actionParts(state))),
]

/** Runs, actions and producers as rows, and the states behind them. Used inside the writer's transaction only. */
export class ProjectionTable implements StateSource {
  readonly producers: ProducerTable
  readonly #database: DatabaseSync
  readonly #runs = new StateCache<Known<RunState>>(runCharactersMax)
  readonly #actions = new StateCache<Known<ActionState>>(actionCharactersMax)
  readonly #termKeys = new Map<string, number>()
  #nextRun = 0
  #nextAction = 0
  readonly #runRows: RowTable<RunRow>
  readonly #actionRows: RowTable<ActionSource>
  readonly #statements: ReturnType<typeof prepareStatements>

  constructor(database: DatabaseSync) {
    this.#database = database
    this.producers = new ProducerTable(database)
    this.#runRows = new RowTable(database, 'run', 'run_id', runColumns)
    this.#actionRows = new RowTable(database, 'action', 'action_id', actionColumns)
    this.#statements = prepareStatements(database)
    this.reset()
  }

  /** Forgets everything in memory: after a rolled-back transaction the tables are right and the memory is not. */
  reset(): void {
    this.#runs.clear()
    this.#actions.clear()
    this.#termKeys.clear()
    this.producers.reset()
    for (const row of this.#database.prepare('SELECT id, name FROM term_key').iterate()) {
      this.#termKeys.set(String(row['name']), Number(row['id']))
    }
    // Runs that exist only as a number on an event count too: a rebuild empties the run table.
    this.#nextRun = maximum(this.#database, 'SELECT max(pk) AS n FROM run') + 1
    this.#nextAction = maximum(this.#database, 'SELECT max(pk) AS n FROM action') + 1
  }

  /** The number of a run, given out at its first event. */
  runPk(runId: string): number {
    const known = this.#runs.get(runId)
    if (known !== undefined) return known.pk
    const row = this.#runRows.read(runId)
    if (row === undefined) {
      const pk = this.#nextRun
      this.#nextRun += 1
      this.#runs.set(runId, { pk, state: undefined, values: undefined }, 0)
      return pk
    }
    this.#runs.set(runId, { ...row, state: JSON.parse(row.state) as RunState }, row.state.length)
    return row.pk
  }

  /** Keeps a run's number in a rebuild: its events refer to it. */
  assignRun(runId: string, pk: number): void {
    if (this.#runs.get(runId)?.pk !== pk) this.#runs.set(runId, { pk, state: undefined, values: undefined }, 0)
    this.#nextRun = Math.max(this.#nextRun, pk + 1)
  }

  runState(runId: string): RunState | undefined {
    this.runPk(runId)
    return this.#runs.get(runId)?.state
  }

  actionState(actionId: string): ActionState | undefined {
    const known = this.#actions.get(actionId)
    if (known !== undefined) return known.state
    const row = this.#actionRows.read(actionId)
    if (row === undefined) return undefined
    const state = JSON.parse(row.state) as ActionState
    this.#actions.set(actionId, { ...row, state }, row.state.length)
    return state
  }

  producerState(key: string): ProducerState | undefined {
    return this.producers.state(key)
  }

  write(changes: ProjectionChanges): void {
    const terms = new TermRows((values) => this.#insertTerms(values))
    for (const { state, row, terms: said, removedTerms } of changes.runs) {
      const run = this.#writeRun(state, row)
      // Another key turned out to own the run: rare, and a few rows.
      for (const { key, value } of removedTerms) this.#statements.deleteTerm.run(this.#termKey(key), value, run)
      for (const { key, value } of said) terms.add(this.#termKey(key), value, run, 0)
    }
    for (const { state, row, terms: said } of changes.actions) {
      const run = this.runPk(row.runId)
      const action = this.#writeAction(state, row, run)
      for (const { key, value } of said) terms.add(this.#termKey(key), value, run, action)
    }
    terms.flush()
    this.producers.write(changes.producers)
    this.#runs.trim()
    this.#actions.trim()
  }

  #writeRun(state: RunState, row: RunRow): number {
    const pk = this.runPk(row.runId)
    const before = this.#runs.get(row.runId)?.values
    const text = JSON.stringify(state)
    const values = this.#runRows.write({ pk, id: row.runId }, row, text, before)
    this.#runs.set(row.runId, { pk, state, values }, text.length)
    return pk
  }

  #writeAction(state: ActionState, row: ActionRow, run: number): number {
    const known = this.#actions.get(row.actionId)
    const pk = known?.pk ?? this.#nextAction
    this.#nextAction = Math.max(this.#nextAction, pk + 1)
    const text = JSON.stringify(state)
    const values = this.#actionRows.write({ pk, id: row.actionId }, { row, state, run }, text, known?.values)
    this.#actions.set(row.actionId, { pk, state, values }, text.length)
    return pk
  }

  #insertTerms(values: readonly (string | number)[]): void {
    if (values.length === termColumns * termRows) this.#statements.insertTerms.run(...values)
    else
      for (let at = 0; at < values.length; at += termColumns)
        this.#statements.insertTerm.run(...values.slice(at, at + termColumns))
  }

  #termKey(name: string): number {
    let id = this.#termKeys.get(name)
    if (id === undefined) {
      id = this.#termKeys.size + 1
      this.#statements.insertTermKey.run(id, name)
      this.#termKeys.set(name, id)
    }
    return id
  }
}

/** Gathers terms: many rows a statement, because what a row costs is mostly the call. */
class TermRows {
  readonly #insert: (values: readonly (string | number)[]) => void
  #values: (string | number)[] = []

  constructor(insert: (values: readonly (string | number)[]) => void) {
    this.#insert = insert
  }

  add(key: number, value: string | number, run: number, action: number): void {
    this.#values.push(key, value, run, action)
    if (this.#values.length === termColumns * termRows) this.flush()
  }

  flush(): void {
    this.#insert(this.#values)
    this.#values = []
  }
}

/** Words with a space at both ends, so that one of them is found by its neighbours. */
function spaced(words: readonly string[]): string {
  return words.length === 0 ? ' ' : ` ${words.join(' ')} `
}

function maximum(database: DatabaseSync, sql: string): number {
  return Number(database.prepare(sql).get()?.['n'] ?? 0)
}

function prepareStatements(
  database: DatabaseSync,
): Record<'insertTerm' | 'insertTerms' | 'deleteTerm' | 'insertTermKey', StatementSync> {
  return {
    insertTerm: database.prepare('INSERT OR IGNORE INTO term (key, value, run, action) VALUES (?, ?, ?, ?)'),
    insertTerms: database.prepare(
      `INSERT OR IGNORE INTO term (key, value, run, action) VALUES ${Array.from({ length: termRows }, () => '(?, ?, ?, ?)').join(', ')}`,
    ),
    deleteTerm: database.prepare('DELETE FROM term WHERE key = ? AND value = ? AND run = ? AND action = 0'),
    insertTermKey: database.prepare('INSERT INTO term_key (id, name) VALUES (?, ?)'),
  }
}

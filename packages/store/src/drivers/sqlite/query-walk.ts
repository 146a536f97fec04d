import type { DatabaseSync } from 'node:sqlite'
import { conjuncts, type Condition } from '../../query/condition.ts'
import { isOrdered, type Part, type Plan } from './query-plan.ts'
import { always, compose, type Sql } from './query-sql.ts'

/** A way through the rows that may match, piece by piece. */
export interface Walk {
  /** What is matched in a piece: runs, or actions with their runs. */
  readonly level: 'run' | 'action'
  /** A FROM clause with the tables `run` and, at the level of actions, `action`. */
  readonly from: string
  /** What holds for the rows of a piece. */
  readonly where: string
  /** What the rows of the way do not already fulfil. */
  readonly condition: Condition
  /** Goes on to the next piece, of so many rows at most: gives the values of the `?` in `from` and `where`. */
  readonly next: (rowsMax: number) => { readonly parameters: readonly (string | number)[]; readonly isLast: boolean }
}

/** Looking at a run costs this when its actions must be looked at as well; an entry of one action costs 1. */
const runWithActionsCost = 2

/** Chooses the way with the fewest rows to look at. `bound` as for `planQuery`. */
export function walkOf(database: DatabaseSync, plan: Plan, bound: boolean): Walk {
  if (plan.candidates !== undefined) return listedWalk(database, plan.condition, plan.candidates)
  const costOf = ({ level }: { level: 'run' | 'action' }): number => (bound && level === 'run' ? runWithActionsCost : 1)
  const ways = (plan.entries ?? []).flatMap((part) => {
    const entries = entriesToWalk(part)
    if (entries === undefined) return []
    return [{ entries, cost: density(database, part, entries) * costOf(entries) }]
  })
  const [best] = ways.toSorted((a, b) => a.cost - b.cost)
  const isRare = best !== undefined && best.cost < costOf({ level: 'run' })
  return entriesWalk(database, plan.condition, isRare ? best.entries : everyRun)
}

/** The candidates are few: read at once, the last that came first. */
function listedWalk(
  database: DatabaseSync,
  condition: Condition,
  { rows, level }: NonNullable<Plan['candidates']>,
): Walk {
  const { text, parameters } = compose(
    'SELECT json_group_array(pk) AS found FROM (SELECT DISTINCT pk FROM ({}) ORDER BY pk DESC)',
    rows,
  )
  const candidates = JSON.parse(String(database.prepare(text).get(...parameters)?.['found'])) as number[]
  const joined =
    level === 'run'
      ? 'CROSS JOIN run ON run.pk = found.value'
      : 'CROSS JOIN action ON action.pk = found.value CROSS JOIN run ON run.pk = action.run'
  let at = 0
  return {
    level,
    from: `json_each(?) AS found ${joined}`,
    where: '1',
    condition,
    next: (rowsMax) => {
      const piece = candidates.slice(at, at + rowsMax)
      at += rowsMax
      return { parameters: [JSON.stringify(piece)], isLast: at >= candidates.length }
    },
  }
}

/** Entries of one index with the same value, in the order of two further numbers that make them unique. */
interface Entries {
  readonly level: 'run' | 'action'
  readonly table: 'run' | 'action' | 'term'
  readonly from: string
  readonly where: Sql
  readonly columns: readonly [string, string]
  /** The part of the condition that holds for every entry, and that its scope does not need. */
  readonly fulfils: Condition | undefined
}

const everyRun: Entries = {
  level: 'run',
  table: 'run',
  from: 'run INDEXED BY run_started',
  where: always,
  columns: ['run.started_ms', 'run.pk'],
  fulfils: undefined,
}

function entriesToWalk({ condition, level, sources: [source] }: Part): Entries | undefined {
  if (source === undefined || source.table === 'list') return undefined
  const { table, index, where, equality } = source
  if (!equality) return undefined
  // At the level of runs an action term stays in any case: it makes the scope speak of one action.
  const fulfils = level === 'action' || table === 'run' ? condition : undefined
  if (table === 'term') {
    // An integer is looked for as a number and as text, and then entries do not come in one order.
    if (where.parameters.length > 2) return undefined
    const from =
      level === 'action'
        ? 'term CROSS JOIN action ON action.pk = term.action CROSS JOIN run ON run.pk = term.run'
        : 'term CROSS JOIN run ON run.pk = term.run'
    return { level, table, from, where, columns: ['term.run', 'term.action'], fulfils }
  }
  if (!isOrdered(index)) return undefined
  const joined = table === 'action' ? ' CROSS JOIN run ON run.pk = action.run' : ''
  const columns = [`${table}.started_ms`, `${table}.pk`] as const
  return { level, table, from: `${table} INDEXED BY ${index}${joined}`, where, columns, fulfils }
}

/** Newest runs in which the entries of a frequent part are counted, to guess how many there are a run. */
const sampledRuns = 1_000

/** Entries a run: of a part whose entries have all been counted, of all runs, otherwise of the newest. */
function density(database: DatabaseSync, part: Part, { table, where, from }: Entries): number {
  const runs = Number(database.prepare('SELECT max(pk) AS n FROM run').get()?.['n'] ?? 0)
  if (part.isCountWhole) return part.count / Math.max(1, runs)
  const sampled = Math.min(sampledRuns, runs)
  const oldest = database
    .prepare('SELECT started_ms FROM run INDEXED BY run_started ORDER BY started_ms DESC, pk DESC LIMIT 1 OFFSET ?')
    .get(sampled - 1)
  const [source] = from.split(' CROSS JOIN ')
  const [since, value] =
    table === 'term' ? ['term.run > ?', runs - sampled] : [`${table}.started_ms >= ?`, Number(oldest?.['started_ms'])]
  const { text, parameters } = compose(`SELECT count(*) AS n FROM ${source} WHERE {} AND ${since}`, where)
  return Number(database.prepare(text).get(...parameters, value)?.['n'] ?? 0) / Math.max(1, sampled)
}

/** Along entries, from the last to the first. */
function entriesWalk(database: DatabaseSync, whole: Condition, entries: Entries): Walk {
  const { level, from, where, columns, fulfils } = entries
  const key = columns.join(', ')
  const [source] = from.split(' CROSS JOIN ')
  const last = database.prepare(
    `SELECT ${columns[0]} AS a, ${columns[1]} AS b FROM ${source} WHERE ${where.text} AND (${key}) < (?, ?)
      ORDER BY ${columns[0]} DESC, ${columns[1]} DESC LIMIT 1 OFFSET ?`,
  )
  let end: readonly [number, number] = [Number.MAX_SAFE_INTEGER, 0]
  return {
    level,
    from,
    where: `${where.text} AND (${key}) < (?, ?) AND (${key}) >= (?, ?)`,
    condition: { kind: 'all', of: conjuncts(whole).filter((part) => part !== fulfils) },
    next: (rowsMax) => {
      const row = last.get(...where.parameters, ...end, rowsMax - 1)
      const start = [Number(row?.['a'] ?? Number.MIN_SAFE_INTEGER), Number(row?.['b'] ?? 0)] as const
      const parameters = [...where.parameters, ...end, ...start]
      end = start
      return { parameters, isLast: row === undefined }
    },
  }
}

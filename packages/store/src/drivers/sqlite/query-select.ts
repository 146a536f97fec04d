import type { DatabaseSync } from 'node:sqlite'
import { binds, type Condition } from '../../query/condition.ts'
import { compile, compileScope, type MatchContext } from './query-match.ts'
import { planQuery, type List } from './query-plan.ts'
import { compose, every, never, sql, type Sql } from './query-sql.ts'

/** The value that a list is ordered by, in SQL of ours. */
export interface OrderValue {
  readonly value: string
  /** True for rows that have the value. */
  readonly having: string
  /** How to walk the rows in this order: a FROM clause with the table of the list in it, what it calls the value, and what else must hold. */
  readonly walk?: { readonly from: string; readonly value: string; readonly where?: string }
}

/** Rows that match, still without order and limit. */
export interface Selection {
  /** A statement with the columns `pk` and `value`, with more conditions; `value` is what to order by. */
  readonly select: (
    order: OrderValue,
    conditions: (value: string) => readonly Sql[],
  ) => { readonly statement: Sql; readonly value: string }
}

/**
 * Chooses how to find what a condition asks for. `wanted` is how many rows will be read, `byStart` whether in the order
 * in which they started. Undefined when nothing can match.
 */
export function selectRows(
  database: DatabaseSync,
  condition: Condition,
  context: MatchContext,
  options: { readonly list: List; readonly wanted: number; readonly byStart: boolean },
): Selection | undefined {
  const { list } = options
  const plan = planQuery(database, condition, context, { ...options, bound: list === 'actions' || binds(condition) })
  if (plan === undefined) return undefined
  const { candidates } = plan
  const ofActions = list === 'actions' || candidates?.level === 'action'
  const match = ofActions
    ? compile(plan.condition, 'action', context)
    : compileScope(plan.condition, context, plan.driver)
  if (match === never) return undefined
  const table = list === 'runs' ? 'run' : 'action'
  if (candidates === undefined) {
    const other = list === 'runs' ? '' : ' CROSS JOIN run ON run.pk = action.run'
    return {
      select: ({ value, walk }, conditions) => {
        const from = plan.walk === undefined ? walk?.from : `${table} INDEXED BY ${plan.walk.index}`
        const by = plan.walk === undefined ? (walk?.value ?? value) : value
        const where = plan.walk === undefined && walk?.where !== undefined ? [sql(walk.where)] : []
        const statement = compose(
          `SELECT ${table}.pk AS pk, ${by} AS value FROM ${from ?? `${table} NOT INDEXED`}${other} WHERE {}`,
          every([match, ...where, ...conditions(by)]),
        )
        return { statement, value: by }
      },
    }
  }
  const joined = ofActions
    ? 'CROSS JOIN action ON action.pk = found.pk CROSS JOIN run ON run.pk = action.run'
    : 'CROSS JOIN run ON run.pk = found.pk'
  // A run comes once for each of its actions that match.
  const grouped = ofActions && list === 'runs' ? ' GROUP BY run.pk' : ''
  return {
    select: ({ value }, conditions) => {
      const found = compose('(SELECT DISTINCT pk FROM ({})) AS found', candidates.rows)
      const text = `SELECT ${table}.pk AS pk, ${value} AS value FROM {} ${joined} WHERE {}${grouped}`
      return { statement: compose(text, found, every([match, ...conditions(value)])), value }
    },
  }
}

import { binds, dependsOnAction, type Condition, type TextLeaf } from '../../query/condition.ts'
import { compileLeaf, type LeafContext, type Subject } from './query-leaf.ts'
import type { Source } from './query-source.ts'
import { compose, every, negate, never, some, sql, type Sql } from './query-sql.ts'

export interface MatchContext extends LeafContext {
  /** The numbers of the runs whose text matches. */
  readonly textRuns: (leaf: TextLeaf) => readonly number[]
  /** See `SelectRequest`. */
  readonly candidatesMax: number
}

/**
 * Compiles a scope for rows named `run`; see `Condition` for what it means. `driver` is a term that the action has in
 * any case: its entries are fewer than the actions of a run.
 */
export function compileScope(condition: Condition, context: MatchContext, driver?: Source): Sql {
  return binds(condition) ? compileBound(condition, context, driver) : compile(condition, 'run', context)
}

/**
 * There is an action for which all of it holds. What does not depend on the action stays outside, where the planner
 * can use it.
 */
function compileBound(condition: Condition, context: MatchContext, driver: Source | undefined): Sql {
  if (!dependsOnAction(condition)) return compile(condition, 'action', context)
  if (condition.kind === 'all' || condition.kind === 'any') {
    const dependent = condition.of.filter(dependsOnAction)
    const rest = condition.of.filter((part) => !dependsOnAction(part)).map((part) => compile(part, 'action', context))
    if (rest.length > 0) {
      const bound = compileBound(
        { kind: condition.kind, of: dependent },
        context,
        condition.kind === 'all' ? driver : undefined,
      )
      return condition.kind === 'all' ? every([...rest, bound]) : some([...rest, bound])
    }
  }
  const action = compile(condition, 'action', context)
  const found =
    driver === undefined
      ? compose('EXISTS (SELECT 1 FROM action INDEXED BY action_run WHERE action.run = run.pk AND {})', action)
      : compose(
          'EXISTS (SELECT 1 FROM term CROSS JOIN action ON action.pk = term.action WHERE term.run = run.pk AND {} AND {})',
          driver.where,
          action,
        )
  const empty = compile(condition, 'nothing', context)
  if (empty === never) return found
  return some([
    found,
    compose('(NOT EXISTS (SELECT 1 FROM action INDEXED BY action_run WHERE action.run = run.pk) AND {})', empty),
  ])
}

/** Compiles for one subject; a list of actions asks everything of `action`. */
export function compile(condition: Condition, subject: Subject, context: MatchContext): Sql {
  switch (condition.kind) {
    case 'all':
      return every(condition.of.map((part) => compile(part, subject, context)))
    case 'any':
      return some(condition.of.map((part) => compile(part, subject, context)))
    case 'not':
      // Outside of a binding scope the operand is a scope of its own.
      return negate(subject === 'run' ? compileScope(condition.of, context) : compile(condition.of, subject, context))
    case 'text': {
      const runs = context.textRuns(condition)
      return runs.length === 0 ? never : sql('run.pk IN (SELECT value FROM json_each(?))', JSON.stringify(runs))
    }
    default:
      return compileLeaf(condition, subject, context)
  }
}

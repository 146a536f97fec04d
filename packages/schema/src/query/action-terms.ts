import type { FilterNode, Query } from './ast.ts'
import { filterEntity } from './keys.ts'

/** True when a filter speaks of an action whatever stands beside it. */
export function isActionFilter(filter: FilterNode): boolean {
  return filter.values.some((value) => filterEntity(filter, value) === 'action')
}

/**
 * True when an action term stands outside of every negation. Then all action terms of the query, also negated ones and
 * those whose entity is `outcome`, hold for one and the same action. When it is false, `outcome` terms speak of the run,
 * and a negated action term asks for runs that have no such action at all.
 */
export function bindsAction(query: Query): boolean {
  if (query.kind === 'filter') return isActionFilter(query)
  return (query.kind === 'and' || query.kind === 'or') && query.children.some(bindsAction)
}

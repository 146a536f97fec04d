import { querySort, type Query, type SortOrder } from '@counterfoil/schema/query'

/** The order of a list with its name in cursors. Rows without the value come last in both directions. */
export interface ListOrder extends SortOrder {
  readonly name: string
}

export function listOrder(list: 'runs' | 'actions', query: Query): ListOrder {
  const { field, direction } = querySort(query)
  return { field, direction, name: `${list}:${direction === 'descending' ? '-' : ''}${field}` }
}

import type { ListOptions } from '@counterfoil/ledger'
import { limits } from '@counterfoil/schema'
import { queryLimits } from '@counterfoil/schema/query'
import { integer, text, words, type ParameterValues } from '../parameters.ts'

/** What every list takes. */
export const listParameters = {
  q: text('query language; absent or empty is all, newest first', queryLimits.textCodeUnitsMax),
  limit: integer(`items on a page, by default ${limits.pageItemsDefault}`, 1, limits.pageItemsMax),
  cursor: text('`next` of the page before', 1_024),
}

export const facetsParameter = words('keys whose values are counted, with commas between them', 16)

export function listOptions(
  query: ParameterValues<typeof listParameters & { facets: typeof facetsParameter }>,
): ListOptions {
  return {
    query: query.q ?? '',
    ...(query.limit === undefined ? {} : { limit: query.limit }),
    ...(query.cursor === undefined ? {} : { cursor: query.cursor }),
    ...(query.facets === undefined ? {} : { facets: query.facets }),
  }
}

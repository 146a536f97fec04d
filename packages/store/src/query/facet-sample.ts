import { findQueryKey } from '@counterfoil/schema/query'
import { limits } from '@counterfoil/schema'

/** What a run has one of is read from its row; everything else means reading its actions and facts as well. */
const manyValued: ReadonlySet<string> = new Set(['trace', 'prompt', 'policy', 'on_behalf_of', 'type'])

const manyValuedRunsMax = 2_000

/** How many of the newest matching runs a facet counts; above that its counts are lower bounds. */
export function facetRunsMax(key: string): number {
  const entity = findQueryKey(key)?.entity
  const ofRow = key === 'outcome' || key === 'actor' || (entity === 'run' && !manyValued.has(key))
  return ofRow ? limits.exactCountMax : manyValuedRunsMax
}

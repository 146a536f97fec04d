import { findQueryKey, queryKeys, suggestWord } from '@counterfoil/schema/query'
import { LedgerError } from './errors.ts'

/** Keys that have another value in nearly every run, and words that are not kept but looked up. */
const uncountable = new Set(['trace', 'ref', 'idempotency_key', 'has', 'is'])

const isCountable = ({ key, type, entity }: (typeof queryKeys)[number]): boolean =>
  entity !== 'query' && (type === 'word' || type === 'choice') && !uncountable.has(key)

/**
 * The facets that were asked for, by their proper names. Like the keys of a query, a name that is unknown is an error,
 * never an empty facet.
 *
 * @throws LedgerError `facet_invalid`
 */
export function readFacetKeys(asked: readonly string[], attributeKeys: ReadonlySet<string>): readonly string[] {
  const countable = queryKeys.filter(isCountable).map(({ key }) => key)
  const keys = asked.map((name) => {
    const known = findQueryKey(name)
    if (known !== undefined && isCountable(known)) return known.key
    if (known === undefined && attributeKeys.has(name)) return name
    const meant = suggestWord(name, [...countable, ...attributeKeys])
    const cure = meant === undefined ? `Facets: ${countable.join(', ')}, and attributes.` : `Did you mean ${meant}?`
    const shown = JSON.stringify(name.slice(0, 64))
    throw new LedgerError('facet_invalid', `The values of ${shown} cannot be counted. ${cure}`)
  })
  const twice = keys.find((key, at) => keys.indexOf(key) !== at)
  if (twice !== undefined) throw new LedgerError('facet_invalid', `The facet ${twice} is asked for twice.`)
  return keys
}

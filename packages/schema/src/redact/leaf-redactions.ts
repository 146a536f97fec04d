import { limits } from '../limits.ts'
import type { Redaction } from './redaction.ts'

/** Names of the envelope are ours or those of attributes, which stand in the leaf anyway. */
const ownPlace = /^\/(?:[a-z][a-z_]{0,23})(?:\/[a-z0-9_]{1,64}){0,3}$/

/**
 * The removals as a leaf may name them. Names inside a payload are data of the producer, which a leaf would keep for
 * ever: for those the place is `/payload`, once for each rule. Where in it, the markers in the payload itself say, and
 * they go when it is erased.
 */
export function leafRedactions(redactions: readonly Redaction[]): readonly Redaction[] {
  const seen = new Set<string>()
  const named: Redaction[] = []
  for (const { path, rule } of redactions) {
    const place = leafPlace(path)
    const key = `${rule} ${place}`
    if (seen.has(key)) continue
    seen.add(key)
    named.push({ path: place, rule })
  }
  const max = limits.redactionsMax
  if (named.length <= max) return named
  return [...named.slice(0, max - 1), { path: '', rule: `and-${named.length - max + 1}-more` }]
}

function leafPlace(path: string): string {
  if (path.startsWith('/payload/')) return '/payload'
  return path === '' || ownPlace.test(path) ? path : ''
}

import { limits } from '../limits.ts'
import type { Redaction } from './redaction.ts'

/** Names of the envelope are ours or those of attributes, which stand in the leaf anyway. */
const ownPlace = /^\/(?:[a-z][a-z_]{0,23})(?:\/[a-z0-9_]{1,64}){0,3}$/

/** The last entry of a list that had to end: how many it does not name. */
const restPattern = /^and-([0-9]{1,9})-more$/

/**
 * The removals as a leaf may name them. Names inside a payload are data of the producer, which a leaf would keep for
 * ever: for those the place is `/payload`, once for each rule. Where in it, the markers in the payload itself say, and
 * they go when it is erased.
 */
export function leafRedactions(redactions: readonly Redaction[]): readonly Redaction[] {
  if (redactions.length === 0) return redactions
  const seen = new Set<string>()
  const named: Redaction[] = []
  let unnamed = 0
  for (const { path, rule } of redactions) {
    // A list that a producer has ended goes on counting.
    const more = path === '' ? restPattern.exec(rule) : null
    if (more !== null) {
      unnamed += Number(more[1])
      continue
    }
    const place = leafPlace(path)
    const key = `${rule} ${place}`
    if (seen.has(key)) continue
    seen.add(key)
    named.push({ path: place, rule })
  }
  const max = limits.redactionsMax
  if (unnamed === 0 && named.length <= max) return named
  const kept = named.slice(0, max - 1)
  return [...kept, { path: '', rule: `and-${unnamed + named.length - kept.length}-more` }]
}

function leafPlace(path: string): string {
  if (path.startsWith('/payload/')) return '/payload'
  return path === '' || ownPlace.test(path) ? path : ''
}

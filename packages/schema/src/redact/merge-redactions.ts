import { limits } from '../limits.ts'
import type { Redaction } from './redaction.ts'

/** The last entry of a list that had to end: how many removals it does not name. */
const restPattern = /^and-([0-9]{1,15})-more$/

/**
 * One list of removals from several, in order and each once, as an envelope takes it: at most `limits.redactionsMax`
 * entries and `limits.redactionsCharactersMax` characters, of which the last one counts the rest.
 */
export function mergeRedactions(...lists: readonly (readonly Redaction[])[]): readonly Redaction[] {
  const named = new Map<string, Redaction>()
  let rest = 0
  for (const redaction of lists.flat()) {
    const more = redaction.path === '' ? restPattern.exec(redaction.rule) : null
    if (more === null) named.set(`${redaction.rule} ${redaction.path}`, redaction)
    else rest = Math.min(rest + Number(more[1]), Number.MAX_SAFE_INTEGER)
  }
  const all = [...named.values()]
  const fitting = countFitting(all, limits.redactionsMax)
  if (rest === 0 && fitting === all.length) return all
  const kept = all.slice(0, Math.min(fitting, limits.redactionsMax - 1))
  return [...kept, { path: '', rule: `and-${rest + all.length - kept.length}-more` }]
}

/** How many of them, from the first on, stay within both limits. */
function countFitting(redactions: readonly Redaction[], max: number): number {
  let characters = 0
  let count = 0
  for (const { path, rule } of redactions) {
    characters += path.length + rule.length
    if (count === max || characters > limits.redactionsCharactersMax) break
    count += 1
  }
  return count
}

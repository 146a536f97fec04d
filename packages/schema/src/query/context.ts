import type { Span } from './ast.ts'
import { findQueryKey } from './keys.ts'
import { scanQuery } from './scan.ts'

/**
 * What is being typed at the caret, for suggestions. `start` and `end` are what an accepted suggestion replaces, and
 * `typed` is the part of it before the caret. `key` is canonical where it is known. Inside a quoted text nothing is
 * suggested: `text`.
 */
export type QueryContext =
  | (Span & { readonly kind: 'key'; readonly typed: string })
  | (Span & { readonly kind: 'value'; readonly key: string; readonly typed: string; readonly quoted: boolean })
  | (Span & { readonly kind: 'text'; readonly typed: string })

/** Looks at the text around the caret. Never throws; a caret outside of the text counts as at its nearest end. */
export function contextAt(text: string, caret: number): QueryContext {
  const at = Math.min(Math.max(Math.trunc(caret) || 0, 0), text.length)
  const token = scanQuery(text, []).find(({ kind, start, end }) => start <= at && at <= end && isTyped(kind, start, at))
  if (token?.kind === 'phrase') {
    return { kind: 'text', start: token.start, end: token.end, typed: text.slice(token.start + 1, at) }
  }
  if (token?.kind === 'filter' && at > token.keyEnd) {
    const atom = token.atoms.find(({ start, end }) => start <= at && at <= end)
    const operator =
      atom && !atom.quoted ? (/^(?:[<>]=?|=)/u.exec(text.slice(atom.start, atom.end))?.[0].length ?? 0) : 0
    const start = Math.min((atom?.start ?? at) + operator, at)
    const end = atom?.end ?? at
    const key = findQueryKey(token.key)?.key ?? token.key.toLowerCase()
    const quoted = atom?.quoted === true
    return { kind: 'value', key, start, end, typed: text.slice(start + (quoted && at > start ? 1 : 0), at), quoted }
  }
  if (token?.kind === 'filter')
    return { kind: 'key', start: token.start, end: token.keyEnd, typed: text.slice(token.start, at) }
  if (token) return { kind: 'key', start: token.start, end: token.end, typed: text.slice(token.start, at) }
  return { kind: 'key', start: at, end: at, typed: '' }
}

/** Parentheses and signs are not typed into: the caret beside them begins something new. A closed phrase is left at its end. */
function isTyped(kind: string, start: number, at: number): boolean {
  if (kind === 'open' || kind === 'close') return false
  // `NOT` may still become a word; `-` may not.
  return kind !== 'not' || at > start + 1
}

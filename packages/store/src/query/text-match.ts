import type { TextLeaf } from './condition.ts'

/**
 * An FTS5 expression for texts of one event. Every word is a quoted FTS5 string, so that nothing of it is read as
 * syntax; a phrase keeps its words next to each other.
 */
export function matchExpression(leaf: TextLeaf): string {
  const phrases = leaf.words.filter(({ value }) => /[\p{L}\p{N}\p{Co}]/u.test(value))
  // Of punctuation alone nothing is in the index: beside words it says nothing, by itself it finds nothing.
  if (phrases.length === 0) return '""'
  const words = phrases.map(({ value }) => `"${value.replaceAll('\0', ' ').replaceAll('"', '""')}"`).join(' AND ')
  if (leaf.parts === undefined) return words
  const columns = leaf.parts.map((part) => `"${part.replaceAll('"', '""')}"`).join(' ')
  return `{${columns}} : (${words})`
}

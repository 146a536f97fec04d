import type { TextLeaf } from '../../query/condition.ts'
import type { MemoryText } from './memory-rows.ts'

/** Words as the text index cuts them: letters and digits, without case and diacritics. */
export function splitWords(text: string): string[] {
  return (
    text
      .normalize('NFD')
      .replaceAll(/\p{M}/gu, '')
      .toLowerCase()
      .match(/[\p{L}\p{N}\p{Co}]+/gu) ?? []
  )
}

/** Whether the text of one event has every word and phrase of a leaf. */
export function textMatches(text: MemoryText, leaf: TextLeaf): boolean {
  if (leaf.parts !== undefined && !leaf.parts.includes(text.part)) return false
  const phrases = leaf.words.map(({ value }) => splitWords(value)).filter((phrase) => phrase.length > 0)
  return phrases.length > 0 && phrases.every((phrase) => holdsPhrase(text.words, phrase))
}

function holdsPhrase(words: readonly string[], phrase: readonly string[]): boolean {
  return words.some((_, at) => phrase.every((word, offset) => words[at + offset] === word))
}

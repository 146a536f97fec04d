/**
 * The least string that comes after every string with this prefix, in code point order (which is the byte order of
 * UTF-8); undefined when there is none.
 */
export function prefixEnd(prefix: string): string | undefined {
  const points = Array.from(prefix, (character) => character.codePointAt(0) ?? 0)
  for (let last = points.pop(); last !== undefined; last = points.pop()) {
    if (last < 0x10ffff) {
      // Surrogates are no characters: the one after U+D7FF is U+E000.
      const next = last >= 0xd7ff && last < 0xe000 ? 0xe000 : last + 1
      return String.fromCodePoint(...points, next)
    }
  }
  return undefined
}

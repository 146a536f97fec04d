/** A quoted string that reads back as `value`. */
export function quoteValue(value: string): string {
  return `"${value.replace(/[\\"]/gu, '\\$&')}"`
}

const needsQuotes = /[\s\p{Cc}\u200b\u2060\ufeff"“”„‟＂,()*\\]|\.\.|^[<>=]/u

/** A value as it stands behind a key: bare where that reads back as the same word. */
export function formatWordValue(value: string): string {
  return value === '' || value.toLowerCase() === 'none' || needsQuotes.test(value) ? quoteValue(value) : value
}

/** `start*`, quoted where it must be. */
export function formatPrefixValue(value: string): string {
  return value !== '' && needsQuotes.test(value) ? `${quoteValue(value)}*` : `${value}*`
}

const keyLike = /^[\p{L}_][\p{L}\p{N}\p{M}_.-]*:/u

/** True when `word` can stand in a query without quotes and is read as this very word of free text. */
export function isBareText(word: string): boolean {
  return (
    word !== '' &&
    !/[\s\p{Cc}\u200b\u2060\ufeff"“”„‟＂()*\\]|^[-!:]/u.test(word) &&
    word !== 'AND' &&
    word !== 'OR' &&
    word !== 'NOT' &&
    !keyLike.test(word)
  )
}

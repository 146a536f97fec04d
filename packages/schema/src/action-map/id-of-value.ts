import { limits } from '../limits.ts'

/** Lower-case hexadecimal SHA-256 of a text's UTF-8 bytes; given by the caller, because this package runs anywhere. */
export type DigestText = (text: string) => string

/**
 * An id for a value found in a call's arguments: printable ASCII stays as it is, everything else is percent-encoded
 * (and the percent sign with it, so that two values never share an id). Of what is too long its digest stays, and of a
 * path its end: parts of anything else might be parts of a secret that nobody would know again.
 *
 * @returns undefined for values that name nothing: null, booleans, objects, empty strings
 */
export function idOfValue(value: unknown, digestText: DigestText): string | undefined {
  if (typeof value === 'number' && Number.isFinite(value)) return String(value)
  if (typeof value !== 'string' || value === '') return undefined
  const text = value.toWellFormed()
  const encoded = text.replace(/[^\x21-\x24\x26-\x7e]/gu, (character) => encodeURIComponent(character))
  if (encoded.length <= limits.idCharactersMax) return encoded
  const digest = digestText(text).slice(0, 32)
  return `~${digest}~${endOfPath(encoded)}`
}

const pathEndCharactersMax = 88

/** The last whole parts of a path of files, as many as have room. */
function endOfPath(encoded: string): string {
  if (!/^[\w./~%+-]*\/[\w./~%+-]*$/.test(encoded)) return ''
  const end = encoded.slice(-pathEndCharactersMax)
  return encoded.at(-pathEndCharactersMax - 1) === '/' ? end : end.slice(end.indexOf('/') + 1 || end.length)
}

/**
 * The same for values that the envelope must not hold, because they name a person: `sha256:` and the digest of the text.
 * Equal values have equal ids, so that they can be found; who guesses a value can tell that it was the one.
 */
export function digestOfValue(value: unknown, digestText: DigestText): string | undefined {
  const id = idOfValue(value, digestText)
  return id === undefined ? undefined : `sha256:${digestText(String(value).toWellFormed())}`
}

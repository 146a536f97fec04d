import { JsonNumber } from '../json/json-value.ts'
import { isMarker } from './redaction.ts'
import type { KeyRule } from './rule.ts'
import { looksLikeSchema } from './schema-shape.ts'

/** Whether a value is what its name promises, and not removed already. */
export function isRemovable(rule: KeyRule, value: unknown): boolean {
  if (value === null || typeof value === 'boolean' || value === '') return false
  const kind = rule.values ?? 'any'
  if (typeof value === 'string') {
    if (isMarker(value)) return false
    if (kind === 'digits') return pinPattern.test(value)
    return kind !== 'text' || !isFilePath(value)
  }
  if (typeof value === 'number' || value instanceof JsonNumber) {
    const source = value instanceof JsonNumber ? value.source : String(value)
    if (kind === 'digits') return pinPattern.test(source)
    // `{"pass": 12, "fail": 3}` counts tests.
    return kind === 'any' || source.length >= countCharactersMax
  }
  return kind !== 'digits' && !isEmpty(value) && !looksLikeSchema(value)
}

const pinPattern = /^[0-9]{3,12}$/

/** Numbers of so many digits are no counts. */
const countCharactersMax = 5

/**
 * Whether a text is a folder or a file, as `pwd` prints it: two names or more, or one in small letters, made of what
 * names of files are made of. A password that begins with a slash is not.
 */
function isFilePath(text: string): boolean {
  return /^(?:~|\.{1,2}|(?:[A-Za-z]:|~|\.{1,2})?[\\/](?:[a-z][a-z._-]*[\\/]?|(?:[\w.+@ -]+[\\/])+[\w.+@ -]*)?)$/.test(
    text.slice(0, 4_096),
  )
}

function isEmpty(value: unknown): boolean {
  return typeof value === 'object' && value !== null && Object.keys(value).length === 0
}

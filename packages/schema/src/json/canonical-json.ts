import serialize from 'canonicalize'
import { JsonError } from './json-error.ts'
import { escapePointerToken } from './json-pointer.ts'
import { JsonNumber, RawJson, type JsonValue } from './json-value.ts'
import { parseJson } from './parse-json.ts'

/**
 * RFC 8785 (JCS). The standard knows IEEE 754 doubles only, so a `JsonNumber` is taken as its double (`1.0` and `1`
 * canonicalise alike, as the standard asks); one beyond the range of doubles is `JsonError` `json_number_range`, a lone
 * surrogate `json_lone_surrogate`.
 */
export function canonicalJson(value: JsonValue): string {
  return serialize(toPlain(value, '')) ?? 'null'
}

function toPlain(value: JsonValue, pointer: string): unknown {
  if (typeof value === 'string') return requireWellFormed(value, pointer)
  if (typeof value === 'number') return requireFinite(value, pointer)
  if (typeof value !== 'object' || value === null) return value
  if (value instanceof JsonNumber) return requireFinite(value.toNumber(), pointer)
  if (value instanceof RawJson) return toPlain(parseJson(value.text), pointer)
  if (Array.isArray(value)) return value.map((item, index) => toPlain(item, `${pointer}/${index}`))
  const members = Object.entries(value).map(([name, member]) => [
    requireWellFormed(name, pointer),
    toPlain(member, `${pointer}/${escapePointerToken(name)}`),
  ])
  return Object.fromEntries(members)
}

function requireFinite(number: number, pointer: string): number {
  if (Number.isFinite(number)) return number
  throw new JsonError('json_number_range', 'A number is beyond the range of RFC 8785', 0, pointer)
}

function requireWellFormed(text: string, pointer: string): string {
  if (text.isWellFormed()) return text
  throw new JsonError('json_lone_surrogate', 'Half of a surrogate pair is not a character', 0, pointer)
}

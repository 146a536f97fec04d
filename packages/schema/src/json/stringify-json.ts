import { JsonNumber, RawJson, type JsonValue } from './json-value.ts'

/**
 * Writes a value back as compact JSON: `JsonNumber` by its source text, `RawJson` as sent. `parseJson` of the result
 * gives the same value.
 */
export function stringifyJson(value: JsonValue): string {
  return needsCare(value) ? write(value) : JSON.stringify(value)
}

/** Whether `JSON.stringify` would write something else than we want. */
function needsCare(value: JsonValue): boolean {
  if (typeof value === 'number') return Object.is(value, -0)
  if (typeof value !== 'object' || value === null) return false
  if (value instanceof JsonNumber || value instanceof RawJson) return true
  // A parsed member may be called toJSON, but it is never a function, so JSON.stringify does not call it.
  return Array.isArray(value) ? value.some(needsCare) : Object.values(value).some(needsCare)
}

function write(value: JsonValue): string {
  if (typeof value === 'number' && Object.is(value, -0)) return '-0'
  if (typeof value !== 'object' || value === null) return JSON.stringify(value)
  if (value instanceof JsonNumber) return value.source
  if (value instanceof RawJson) return value.text
  if (Array.isArray(value)) return `[${value.map(write).join(',')}]`
  const members = Object.entries(value).map(([name, member]) => `${JSON.stringify(name)}:${write(member)}`)
  return `{${members.join(',')}}`
}

import type { JsonObject } from '../json/json-value.ts'
import type { NamedItem } from './json-text.ts'

/** Names of headers and options; texts that end in a word such as `password` are not. */
const namePattern = /^[\w.-]{2,64}$/

const nameMembers = new Set(['name', 'key', 'header', 'field'])

/** Whether a member says what the value beside it is: `{"name": "Authorization", "value": "…"}`. */
export function isNameMember(name: string): boolean {
  return name.length < 7 && nameMembers.has(name.toLowerCase())
}

/** Whether a member is the value in such an object. */
export function isValueMember(name: string): boolean {
  return name.length === 5 && name.toLowerCase() === 'value'
}

/** The names in such an object. */
export function namesIn(object: JsonObject): string[] {
  const names: string[] = []
  for (const [name, value] of Object.entries(object)) {
    if (isNameMember(name) && typeof value === 'string') names.push(value)
  }
  return names
}

/**
 * Whether an element of an array may be named by the one before it: in a list of headers, behind an option of a command
 * line, or as the second of two. Names beside names (`["password", "email"]`) are a list of fields.
 */
export function isNamedItem({ name, value, index, isLast }: NamedItem, path: string): boolean {
  if (!namePattern.test(name)) return false
  if (/^--[A-Za-z]/.test(name)) return !value.startsWith('-')
  if (index % 2 === 1 && /headers$/i.test(path.slice(0, path.lastIndexOf('/')))) return true
  return index === 1 && value.length >= 6 && /[0-9\s=]/.test(value) && isLast()
}

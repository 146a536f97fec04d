import { idOfValue } from '@counterfoil/schema/action-map'
import { limits } from '@counterfoil/schema'
import { sha256Hex } from './digest.ts'

/** A source's name in the alphabet of ids, or undefined when it has none. */
export function idOf(value: unknown): string | undefined {
  return idOfValue(value, sha256Hex)
}

/** A source's word in the alphabet of codes: `user_stop`, `max_steps`. */
export function codeOf(value: unknown): string | undefined {
  if (typeof value !== 'string') return undefined
  const word = value
    .toLowerCase()
    .replace(/[^a-z0-9_.]+/g, '_')
    .replace(/^[^a-z]+/, '')
    .slice(0, 64)
  return word === '' ? undefined : word
}

/** Attributes out of a source's own fields; what an envelope cannot hold is left out (the payload has the whole). */
export function attributesOf(values: Readonly<Record<string, unknown>>): Record<string, string | number> {
  const attributes: Record<string, string | number> = {}
  for (const [key, value] of Object.entries(values)) {
    const attribute = attributeOf(value)
    if (attribute !== undefined) attributes[key] = attribute
  }
  return attributes
}

function attributeOf(value: unknown): string | number | undefined {
  if (typeof value === 'boolean') return String(value)
  // No floats in an envelope: a decimal keeps its digits as a string.
  if (typeof value === 'number') return Number.isSafeInteger(value) ? value + 0 : String(value)
  if (typeof value !== 'string' || value === '') return undefined
  const id = /^[\x20-\x7e]*$/.test(value) ? value : (idOf(value) ?? '')
  return id.length <= limits.attributeStringCodePointsMax ? id : idOf(value)
}

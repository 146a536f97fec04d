import { createHash } from 'node:crypto'
import { idOfValue, limits, reservedAttributeNames } from '@counterfoil/schema/ids'
import { cutText } from './cut-text.ts'

const sha256Hex = (text: string): string => createHash('sha256').update(text).digest('hex')

/** What needs no encoding: most ids, and each event has several. */
const plainId = /^[\x21-\x24\x26-\x7e]{1,128}$/

/**
 * A value of the integrator's as an id of an envelope: blanks, umlauts and lengths that an id cannot have are encoded, so
 * that no order number makes the log refuse an event.
 *
 * @returns undefined for what names nothing: null, booleans, objects, empty strings
 */
export function toId(value: unknown): string | undefined {
  if (typeof value === 'string' && plainId.test(value)) return value
  return idOfValue(typeof value === 'bigint' ? String(value) : value, sha256Hex)
}

const codePattern = /^[a-z][a-z0-9_.]{0,63}$/

/** Whether a text is a code of an envelope: `item_damaged`, `refund.create`. */
export function isCode(text: unknown): text is string {
  return typeof text === 'string' && codePattern.test(text)
}

/** A name as a code: `PurchaseOrder` and `purchase-order` become `purchase_order`. */
export function toCode(text: string): string {
  if (codePattern.test(text)) return text
  const words = text
    .replaceAll(/([a-z0-9])([A-Z])/g, '$1_$2')
    .toLowerCase()
    .replaceAll(/[^a-z0-9_.]+/g, '_')
    .replaceAll(/^[^a-z]+|_+$/g, '')
  return words === '' ? 'other' : words.slice(0, 64)
}

const hidden = /[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}\u034f\u115f\u1160\u17b4\u17b5\u2800\u3164\uffa0]/gu

const reservedNames = new Set(reservedAttributeNames)

/**
 * Attributes as the log takes them: names in snake case (one that the query language has gets `attr_` in front), integers
 * and strings as they are, decimals and booleans as text; hidden characters become `?`, and what is too long ends in `…`.
 */
export function toAttributes(
  values: Readonly<Record<string, unknown>> | undefined,
): Record<string, string | number> | undefined {
  if (values === undefined) return undefined
  const attributes: Record<string, string | number> = {}
  for (const [name, value] of Object.entries(values).slice(0, limits.attributesMax)) {
    if (value === undefined || value === null) continue
    const code = toCode(name)
      .replaceAll('.', '_')
      .slice(0, limits.attributeKeyCharactersMax - 5)
    attributes[reservedNames.has(code) ? `attr_${code}` : code] = toAttribute(value)
  }
  return attributes
}

function toAttribute(value: unknown): string | number {
  if (typeof value === 'number' && Number.isSafeInteger(value)) return value === 0 ? 0 : value
  const text = textOf(value).toWellFormed().replaceAll(hidden, '?')
  const max = limits.attributeStringCodePointsMax
  if (text.length <= max) return text
  if (Array.from(text).length <= max) return text
  return `${cutText(text, max - 1)}…`
}

function textOf(value: unknown): string {
  if (typeof value === 'string') return value
  return typeof value === 'bigint' ? String(value) : (JSON.stringify(value) ?? typeof value)
}

/** A model by its name, with who serves it. */
export interface Model {
  readonly provider?: string
  readonly name: string
}

export function toModel(model: string | Model | undefined): { name: string; provider?: string } | undefined {
  if (model === undefined) return undefined
  const name = toId(typeof model === 'string' ? model : model.name)
  const provider = typeof model === 'string' ? undefined : toId(model.provider)
  return name === undefined ? undefined : { ...(provider !== undefined && { provider }), name }
}

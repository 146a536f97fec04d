import { limits } from '@counterfoil/schema/ids'
import type { JsonInput } from '../outbox/json-input.ts'
import { cutText } from './cut-text.ts'
import { nameOfClass } from './plain-json.ts'

/** Less than a payload may have, because names, quotes and escapes come on top. */
const charactersMax = limits.payloadBytesMax / 4

const depthMax = 40

/**
 * What of any value can be shown as JSON: results of functions and words of integrators are whatever they are, and must
 * neither throw here nor be refused by the log. What JSON cannot hold is named in brackets; what is too much is cut with a
 * mark.
 */
export function shownJson(value: unknown): JsonInput {
  return show(value, { left: charactersMax, open: new Set() }, 0)
}

interface Budget {
  left: number
  /** The objects around the present one: meeting one of them again is a cycle. */
  readonly open: Set<object>
}

function show(value: unknown, budget: Budget, depth: number): JsonInput {
  budget.left -= 8
  switch (typeof value) {
    case 'string':
      return cut(value, budget)
    case 'number':
      // JSON writes -0 as 0.
      return Number.isFinite(value) ? value + 0 : String(value)
    case 'boolean':
      return value
    case 'bigint':
      return String(value)
    case 'undefined':
      return null
    case 'object':
      return value === null ? null : showObject(value, budget, depth)
    default:
      return `[${typeof value}]`
  }
}

function cut(text: string, budget: Budget): string {
  const formed = text.toWellFormed()
  const kept = Math.max(0, budget.left)
  budget.left -= formed.length
  return formed.length <= kept ? formed : `${cutText(formed, kept)}[cut: ${formed.length - kept} characters]`
}

function showObject(value: object, budget: Budget, depth: number): JsonInput {
  if (budget.left <= 0) return '[cut]'
  if (depth >= depthMax) return '[too deep]'
  if (budget.open.has(value)) return '[circular]'
  budget.open.add(value)
  try {
    return showMembers(value, budget, depth)
  } catch {
    // A getter, a proxy or a toJSON that throws.
    return '[unreadable]'
  } finally {
    budget.open.delete(value)
  }
}

function showMembers(value: object, budget: Budget, depth: number): JsonInput {
  if ('toJSON' in value && typeof value.toJSON === 'function') {
    return show((value as { toJSON(): unknown }).toJSON(), budget, depth + 1)
  }
  if (value instanceof Error) return { name: value.name, message: cut(value.message, budget) }
  if (ArrayBuffer.isView(value) || value instanceof ArrayBuffer) return `[${value.byteLength} bytes]`
  if (value instanceof Map) return show(Object.fromEntries(value), budget, depth + 1)
  if (value instanceof Set) return show([...value], budget, depth + 1)
  if (Array.isArray(value)) {
    const items: JsonInput[] = []
    for (const item of value) {
      if (budget.left <= 0) {
        items.push(`[cut: ${value.length - items.length} items]`)
        break
      }
      items.push(show(item, budget, depth + 1))
    }
    return items
  }
  const members: [string, JsonInput][] = []
  for (const [name, member] of Object.entries(value)) {
    if (member === undefined || typeof member === 'function') continue
    if (budget.left <= 0) {
      members.push(['[cut]', '[cut: more members]'])
      break
    }
    members.push([cut(name, budget), show(member, budget, depth + 1)])
  }
  if (members.length === 0 && Object.getPrototypeOf(value) !== Object.prototype) return `[${nameOfClass(value)}]`
  return Object.fromEntries(members)
}

import type { JsonInput } from '../outbox/json-input.ts'

/** What JSON cannot hold without losing something, and where (JSON Pointer). */
export class JsonLoss extends Error {
  override readonly name = 'JsonLoss'
  readonly pointer: string

  constructor(pointer: string, message: string) {
    super(message)
    this.pointer = pointer
  }
}

/** The payload and its member `parameters` or `result` stand around a value: less than `limits.payloadDepthMax`. */
const depthMax = 60

/**
 * A frozen copy of a value as JSON, which loses nothing that a function could see: plain objects, arrays, strings,
 * finite numbers, booleans, null, and what says by `toJSON` how it is written (dates, URLs, decimals). Members that are
 * undefined are left out.
 *
 * @throws JsonLoss for everything else: what an approver would not see must not run
 */
export function frozenJson(value: unknown): JsonInput {
  return freeze(value, '', 0)
}

function freeze(value: unknown, pointer: string, depth: number): JsonInput {
  if (typeof value === 'string') {
    if (!value.isWellFormed()) throw new JsonLoss(pointer, 'half of a character')
    return value
  }
  if (typeof value === 'boolean' || value === null) return value
  if (typeof value === 'number') {
    if (!Number.isFinite(value)) throw new JsonLoss(pointer, `the number ${value}`)
    return value === 0 ? 0 : value
  }
  if (typeof value !== 'object') throw new JsonLoss(pointer, `a value of type ${typeof value}`)
  if (depth >= depthMax) throw new JsonLoss(pointer, `more than ${depthMax} levels, or a cycle`)
  if ('toJSON' in value && typeof value.toJSON === 'function') {
    return freeze((value as { toJSON(): unknown }).toJSON(), pointer, depth + 1)
  }
  if (Array.isArray(value)) {
    return Object.freeze(Array.from(value, (item, index) => freeze(item, `${pointer}/${index}`, depth + 1)))
  }
  const prototype: unknown = Object.getPrototypeOf(value)
  if (prototype !== Object.prototype && prototype !== null) {
    throw new JsonLoss(pointer, `an instance of ${nameOfClass(value)}`)
  }
  const members: [string, JsonInput][] = []
  for (const [name, member] of Object.entries(value)) {
    if (member === undefined) continue
    if (!name.isWellFormed()) throw new JsonLoss(pointer, 'a name with half of a character')
    members.push([name, freeze(member, `${pointer}/${name.replaceAll('~', '~0').replaceAll('/', '~1')}`, depth + 1)])
  }
  // fromEntries defines own properties, so that __proto__ stays a name like any other.
  return Object.freeze(Object.fromEntries(members))
}

/**
 * Refuses what a structured clone would silently make something else of: it takes class, private fields and inherited
 * `toJSON` from an object and copies the rest.
 *
 * @throws JsonLoss
 */
export function requireClonable(value: unknown): void {
  requirePlain(value, '', new Set())
}

/** Classes that a structured clone keeps. */
const clonable = [Date, RegExp, Map, Set, ArrayBuffer, Error, Boolean, Number, String]

function requirePlain(value: unknown, pointer: string, seen: Set<object>): void {
  if (typeof value !== 'object' || value === null || seen.has(value)) return
  seen.add(value)
  if (clonable.some((kept) => value instanceof kept) || ArrayBuffer.isView(value)) return
  const prototype: unknown = Object.getPrototypeOf(value)
  // The plain objects of any realm: above them there is nothing.
  const isPlain = Array.isArray(value) || prototype === null || Object.getPrototypeOf(prototype) === null
  if (!isPlain) throw new JsonLoss(pointer, `an instance of ${nameOfClass(value)}`)
  for (const [name, member] of Object.entries(value)) {
    requirePlain(member, `${pointer}/${name.replaceAll('~', '~0').replaceAll('/', '~1')}`, seen)
  }
}

export function nameOfClass(value: object): string {
  const { constructor } = value as { constructor?: unknown }
  return typeof constructor === 'function' && constructor.name !== '' ? constructor.name : 'an unnamed class'
}

/** Whether two JSON values are the same, whatever the order of their members. */
export function equalJson(a: JsonInput | undefined, b: JsonInput | undefined): boolean {
  if (a === b) return true
  if (typeof a !== 'object' || typeof b !== 'object' || a === null || b === null) return false
  const [left, right] = [new Map(Object.entries(a)), new Map(Object.entries(b))]
  if (Array.isArray(a) !== Array.isArray(b) || left.size !== right.size) return false
  return [...left].every(([name, member]) => right.has(name) && equalJson(member, right.get(name)))
}

/** Freezes plain objects and arrays, however deep. What has a class keeps its own rules. */
export function freezeDeep<T>(value: T): T {
  if (typeof value !== 'object' || value === null || Object.isFrozen(value)) return value
  const prototype: unknown = Object.getPrototypeOf(value)
  if (!Array.isArray(value) && prototype !== Object.prototype && prototype !== null) return value
  Object.freeze(value)
  for (const member of Object.values(value)) freezeDeep(member)
  return value
}

import * as fc from 'fast-check'
import { producerFields, serverFields } from '../src/index.ts'
import { definitions } from './_events.ts'

type Json = Record<string, unknown>

/** Texts that were trouble somewhere. */
export const hostileTexts = [
  '',
  ' ',
  '\u0000',
  'a\u0000b',
  '\u001b]0;owned\u0007',
  '\u202eevil',
  '\u2066x\u2069',
  'a\u200bb',
  'e\u0301'.repeat(50),
  '\ud800',
  '\udc00\ud800',
  "'; DROP TABLE event; --",
  '<img src=x onerror=alert(1)>',
  '${7*7}{{7*7}}',
  '../../etc/passwd',
  '__proto__',
  'constructor',
  'toString',
  'x'.repeat(129),
  'x'.repeat(8_193),
  '😀'.repeat(257),
  '2026-02-30T00:00:00.000Z',
  '1e400',
  'null',
  'C:\\x',
  '%00',
  '\ufeffx',
  'İ',
]

const hostileText = fc.oneof(fc.constantFrom(...hostileTexts), fc.string({ unit: 'binary', maxLength: 40 }))

const hostileValue: fc.Arbitrary<unknown> = fc.oneof(
  hostileText,
  fc.integer(),
  fc.double(),
  fc.constantFrom(null, true, [], {}, [null], { id: {} }, 2 ** 53, -0),
  fc.dictionary(hostileText, hostileText, { maxKeys: 3 }),
  fc.array(hostileText, { maxLength: 3 }),
)

const names = [...Object.keys(producerFields), ...Object.keys(serverFields), 'payload', 'summary']

/** Sets, removes or adds a member somewhere in a copy of a valid event. */
export const mutantArbitrary: fc.Arbitrary<Json> = fc
  .tuple(
    fc.constantFrom(...definitions),
    fc.array(
      fc.record({
        path: fc.array(fc.nat({ max: 1_000 }), { minLength: 1, maxLength: 3 }),
        how: fc.constantFrom('set', 'set', 'set', 'delete', 'add'),
        name: fc.oneof(fc.constantFrom(...names), hostileText),
        value: hostileValue,
      }),
      { maxLength: 3 },
    ),
  )
  .map(([definition, mutations]) => {
    const event = structuredClone(definition.example) as Json
    for (const { path, how, name, value: shared } of mutations) {
      // The generator hands out the same objects again and again.
      const value = structuredClone(shared)
      const [holder, last] = resolve(event, path)
      if (Array.isArray(holder)) holder.splice(0, how === 'delete' ? 1 : 0, value)
      else if (how === 'add') define(holder, name, value)
      else if (how === 'delete') Reflect.deleteProperty(holder, last)
      else define(holder, last, value)
    }
    return event
  })

function resolve(event: Json, path: readonly number[]): [Json, string] {
  let holder = event
  let last = ''
  for (const step of path) {
    const keys = Object.keys(holder)
    const chosen = keys[step % Math.max(1, keys.length)]
    if (chosen === undefined) break
    last = chosen
    const next = holder[chosen]
    if (typeof next !== 'object' || next === null) break
    if (step !== path.at(-1)) holder = next as Json
  }
  return [holder, last]
}

/** As a parser would: `__proto__` becomes an ordinary member. */
function define(holder: Json, name: string, value: unknown): void {
  Object.defineProperty(holder, name, { value, enumerable: true, configurable: true, writable: true })
}

/** Every place of every example that holds a string, with its pointer. */
export function stringPlaces(value: unknown, pointer = ''): string[] {
  if (typeof value === 'string') return [pointer]
  if (typeof value !== 'object' || value === null) return []
  return Object.entries(value).flatMap(([name, member]) => stringPlaces(member, `${pointer}/${name}`))
}

/** A copy with another value at a pointer. */
export function withValueAt(event: unknown, pointer: string, value: unknown): Json {
  const copy = structuredClone(event) as Json
  const tokens = pointer.split('/').slice(1)
  let holder = copy
  for (const token of tokens.slice(0, -1)) holder = holder[token] as Json
  define(holder, tokens.at(-1) ?? '', value)
  return copy
}

import type { Static } from 'typebox'
import { Compile } from 'typebox/compile'
import type { TLocalizedValidationError } from 'typebox/error'
import { closedNamesOf, hasClosedNames, openSchema, type ClosedNames } from './closed-names.ts'
import type { EventDefinition } from './define-event.ts'
import { EventError } from './errors.ts'
import { eventDefinitions, reservedTypes } from './events/index.ts'
import { hiddenCharacterClass, serverFields, type producerFields, type ProducerField } from './fields.ts'
import { extendPointer } from './json/json-pointer.ts'
import { queryKeyNames } from './query/keys.ts'
import { isCalendarTime } from './time.ts'

interface CompiledDefinition {
  readonly definition: EventDefinition
  /** Says why not; slower than the two below, which only say whether. */
  readonly validator: ReturnType<typeof Compile>
  readonly open: ReturnType<typeof Compile>
  readonly closed: ClosedNames
}

/** The `schema_version`s that this version accepts. Types and fields carry the version they came with. */
export const acceptedVersions: readonly string[] = ['1.0']

let compiled: ReadonlyMap<string, CompiledDefinition> | undefined

/** Compiling takes milliseconds, so it happens at the first use and not at import. */
function definitions(): ReadonlyMap<string, CompiledDefinition> {
  compiled ??= new Map(
    eventDefinitions.map((definition: EventDefinition): [string, CompiledDefinition] => [
      definition.type,
      {
        definition,
        validator: Compile(definition.schema),
        open: Compile(openSchema(definition.schema)),
        closed: closedNamesOf(definition.schema) ?? { names: new Set(), nested: [] },
      },
    ]),
  )
  return compiled
}

const reserved = new Set<string>(reservedTypes)

/** The definition of a type, or undefined when no such type is written by this version. */
export function definitionOf(type: string): EventDefinition | undefined {
  return definitions().get(type)?.definition
}

/** Whether a type is known and written only by the server. */
export function isReservedType(type: string): boolean {
  return reserved.has(type) || definitions().get(type)?.definition.writer === 'server'
}

/** A producer-form event: what {@link validateEvent} returns. `payload` and `summary` are handled apart. */
export type ProducerEvent = Record<string, unknown> & {
  readonly schema_version: string
  readonly event_id: string
  readonly event_type: string
}

/**
 * Checks one event in producer form, without its `payload` and `summary`, against the definition of its type.
 *
 * @param value the parsed event; members `payload` and `summary` must already be taken out
 * @throws EventError with the pointer of the first offending field
 */
export function validateEvent(value: unknown): asserts value is ProducerEvent {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    throw new EventError('not_an_object', '', 'An event is a JSON object.')
  }
  const event = value as Record<string, unknown>
  const type = event['event_type']
  const found = typeof type === 'string' ? definitions().get(type) : undefined
  if (found === undefined) throw typeError(event)
  const fits = found.open.Check(event) && hasClosedNames(event, found.closed)
  if (!fits || !acceptedVersions.includes(event['schema_version'] as string)) throw explain(event, found)
  const problem = contradiction(event)
  if (problem !== undefined) throw problem
}

function typeError(event: Record<string, unknown>): EventError {
  const version = unacceptedVersion(event)
  if (version !== undefined) return version
  const type = event['event_type']
  if (type === undefined) return new EventError('field_missing', '/event_type', 'event_type is missing.')
  if (typeof type !== 'string') return new EventError('field_invalid', '/event_type', 'event_type is a string.')
  if (reserved.has(type)) {
    return new EventError('type_reserved', '/event_type', `${type} is written by the server only. Nothing was stored.`)
  }
  return new EventError(
    'type_unknown',
    '/event_type',
    `No event type is called ${quoted(type)}. GET /v1/schema lists them.`,
  )
}

/** Said before anything else: what another version holds cannot be judged by this one. */
function unacceptedVersion(event: Record<string, unknown>): EventError | undefined {
  const version = event['schema_version']
  if (typeof version !== 'string' || !/^[0-9]{1,9}\.[0-9]{1,9}$/.test(version)) return undefined
  if (acceptedVersions.includes(version)) return undefined
  return new EventError(
    'version_unsupported',
    '/schema_version',
    `schema_version ${version} is not accepted; this server takes ${acceptedVersions.join(', ')}.`,
  )
}

function explain(event: Record<string, unknown>, { validator, closed, definition }: CompiledDefinition): EventError {
  const version = unacceptedVersion(event)
  if (version !== undefined) return version
  for (const name of Object.keys(event)) {
    if (closed.names.has(name)) continue
    const pointer = extendPointer('', name)
    return Object.hasOwn(serverFields, name)
      ? new EventError('field_reserved', pointer, `${name} is set by the server and may not be sent.`)
      : new EventError('field_unknown', pointer, `${definition.type} has no field ${quoted(name)}.`)
  }
  for (const name of ['schema_version', 'event_id', ...definition.required]) {
    if (!Object.hasOwn(event, name)) {
      return new EventError('field_missing', `/${name}`, `${definition.type} needs ${name}.`)
    }
  }
  const [first] = validator.Errors(event).filter((error) => error.keyword !== 'anyOf')
  if (first === undefined) return new EventError('field_invalid', '', 'The event does not fit its type.')
  return explainFirst(first, definition.type)
}

function explainFirst(error: TLocalizedValidationError, type: string): EventError {
  const pointer = boundedPointer(error.instancePath)
  switch (error.keyword) {
    case 'required': {
      const [missing = ''] = error.params.requiredProperties
      return new EventError('field_missing', extendPointer(pointer, missing), `${missing} is missing.`)
    }
    case 'additionalProperties':
    case 'boolean':
      return new EventError('field_unknown', pointer, 'There is no such field.')
    case 'maxLength':
      return new EventError('string_too_long', pointer, `The string has more than ${error.params.limit} characters.`)
    case 'enum':
      return new EventError('field_invalid', pointer, `Here ${type} takes ${error.params.allowedValues.join(', ')}.`)
    case 'not':
      return new EventError('field_invalid', pointer, `${type} says this itself; leave the member out.`)
    default:
      return new EventError('field_invalid', pointer, `The value is not valid here: it ${error.message}.`)
  }
}

const quoted = (text: string): string => JSON.stringify(text.slice(0, 64))

/** A place under a member with a huge name is named by what can be named. */
function boundedPointer(pointer: string): string {
  return pointer
    .split('/')
    .slice(1)
    .reduce((from, token) => extendPointer(from, unescapePointer(token)), '')
}

const unescapePointer = (token: string): string => token.replaceAll('~1', '/').replaceAll('~0', '~')

/**
 * Strings whose shape no pattern fixes may not hold control characters, bidirectional controls, invisible characters or
 * halves of characters: an envelope is shown on terminals and in lists, and no value in it may pretend to be another.
 */
const hiddenCharacters = new RegExp(`[${hiddenCharacterClass}]`, 'u')

/** What the schemas cannot say: an event of the right shape that is wrong nevertheless. */
function contradiction(event: Record<string, unknown>): EventError | undefined {
  const { event_id: eventId, occurred_at: occurredAt, attributes, payload_ref: payloadRef } = event as Partial<Envelope>
  if (occurredAt !== undefined && !isCalendarTime(occurredAt)) {
    return new EventError('field_invalid', '/occurred_at', 'occurred_at names an instant that does not exist.')
  }
  if (attributes !== undefined) {
    for (const name of Object.keys(attributes)) {
      if (queryKeys.has(name)) {
        const message = `${name} is a key of the query language; give the attribute another name.`
        return new EventError('field_invalid', `/attributes/${name}`, message)
      }
      const value = attributes[name]
      if (typeof value === 'string' && hiddenCharacters.test(value)) return hidden(`/attributes/${name}`)
    }
  }
  if (payloadRef !== undefined && hiddenCharacters.test(payloadRef.uri)) return hidden('/payload_ref/uri')
  if (event['causation_id'] === eventId) {
    return new EventError('field_invalid', '/causation_id', 'An event does not cause itself.')
  }
  const parent = event['parent_run_id']
  if (parent !== undefined && parent === event['run_id']) {
    return new EventError('field_invalid', '/parent_run_id', 'A run does not start itself.')
  }
  return undefined
}

const queryKeys = new Set(queryKeyNames)

type Envelope = { readonly [K in ProducerField]: Static<(typeof producerFields)[K]> }

function hidden(pointer: string): EventError {
  return new EventError(
    'field_invalid',
    pointer,
    'Control, bidirectional and invisible characters are not allowed in an envelope; put texts into the payload.',
  )
}

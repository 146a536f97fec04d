import type { EventDefinition } from './define-event.ts'
import { eventDefinitions } from './events/index.ts'
import { hiddenCharacterClass, producerFields, serverFields } from './fields.ts'
import { limits } from './limits.ts'
import { queryKeyNames } from './query/keys.ts'

/** `sent` is what a producer sends; `leaf` is what is stored and hashed, with the server's members. */
export type EventForm = 'sent' | 'leaf'

type Json = Record<string, unknown>

const visible = `^[^${hiddenCharacterClass}]*$`

/** JSON Schemas of what a producer sends beside the envelope. */
export const bodyFields: Readonly<Record<string, Json>> = {
  payload: { description: `any JSON, at most ${limits.payloadBytesMax} bytes and ${limits.payloadDepthMax} levels` },
  summary: {
    type: 'string',
    maxLength: limits.summaryCodePointsMax,
    description: 'a sentence about the payload, with a retention of its own',
  },
}

/** Members that the server sets on every leaf. */
const leafRequired = ['log', 'index', 'recorded_at', 'key_id', 'assurance', 'time_quality'] as const

function fieldSchemas(form: EventForm): Readonly<Record<string, Json>> {
  const { attributes, payload_ref: payloadRef, ...others } = plain(producerFields) as Record<string, Json>
  return {
    ...others,
    attributes: { ...withVisibleStrings(attributes), propertyNames: { not: { enum: queryKeyNames } } },
    payload_ref: withVisibleStrings(payloadRef),
    ...(form === 'sent' ? bodyFields : (plain(serverFields) as Record<string, Json>)),
  }
}

/** Strings that no pattern fixes take no hidden characters. */
function withVisibleStrings(schema: unknown): Json {
  return JSON.parse(JSON.stringify(schema), (_key, value: unknown) =>
    isString(value) && !('pattern' in value) ? { ...value, pattern: visible } : value,
  ) as Json
}

function isString(value: unknown): value is Json {
  return typeof value === 'object' && value !== null && 'type' in value && value.type === 'string'
}

function typeSchema(definition: EventDefinition, form: EventForm): Json {
  const schema = plain(definition.schema) as Json & { properties: Record<string, Json>; required: string[] }
  const properties: Record<string, Json> = {}
  for (const [name, member] of Object.entries(schema.properties)) {
    const common: unknown = plain(producerFields[name as keyof typeof producerFields])
    // What a type narrows stands in the type; everything else is said once.
    properties[name] = JSON.stringify(common) === JSON.stringify(member) ? { $ref: `#/$defs/${name}` } : member
  }
  for (const name of Object.keys(form === 'sent' ? bodyFields : serverFields)) {
    properties[name] = { $ref: `#/$defs/${name}` }
  }
  return { ...schema, properties, required: form === 'sent' ? schema.required : [...schema.required, ...leafRequired] }
}

/**
 * The published JSON Schema (2020-12) of all events in one form: `oneOf` by `event_type`, fields and types under `$defs`.
 * It says everything that a schema can say; `spec/event.md` lists the few rules that it cannot.
 */
export function eventJsonSchema(form: EventForm): Json {
  const types: readonly EventDefinition[] =
    form === 'sent' ? eventDefinitions.filter(({ writer }) => writer !== 'server') : eventDefinitions
  return {
    $schema: 'https://json-schema.org/draft/2020-12/schema',
    $id: form === 'sent' ? 'urn:counterfoil:event:1' : 'urn:counterfoil:leaf:1',
    title: form === 'sent' ? 'Counterfoil event, as a producer sends it' : 'Counterfoil leaf: an event as it is stored',
    oneOf: types.map(({ type }) => ({ $ref: `#/$defs/${type}` })),
    $defs: {
      ...fieldSchemas(form),
      ...Object.fromEntries(types.map((definition) => [definition.type, typeSchema(definition, form)])),
    },
  }
}

/** Without what TypeBox keeps on its objects beside the schema. */
function plain(value: unknown): unknown {
  return JSON.parse(JSON.stringify(value))
}

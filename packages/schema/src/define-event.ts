import { Type, type Static, type TObject, type TSchema } from 'typebox'
import { producerFields, sharedOptionalFields, type ProducerField } from './fields.ts'

/** Who may write a type: the run's key, a policy key as well, an observer's key, any key, or only the server. */
export type EventWriter = 'run' | 'run_or_policy' | 'approval' | 'observer' | 'any' | 'server'

export type EventGroup =
  | 'run'
  | 'context'
  | 'decision'
  | 'checks'
  | 'approval'
  | 'execution'
  | 'effects'
  | 'world'
  | 'producers'
  | 'log'

type Fields = typeof producerFields
type Always = 'schema_version' | 'event_id'
type Shared = (typeof sharedOptionalFields)[number]
type RunFields = 'run_id' | 'run_seq'

/** The producer form of an event, without `payload` and `summary`. */
type Shape<T extends string, R extends ProducerField, O extends ProducerField> = { readonly event_type: T } & {
  readonly [K in Always | R]: Static<Fields[K]>
} & { readonly [K in Exclude<Shared | O, R>]?: Static<Fields[K]> }

type RequiredOf<R extends ProducerField, I> = R | (I extends 'always' ? RunFields : never)
type OptionalOf<O extends ProducerField, I> = O | (I extends 'maybe' ? RunFields : never)

/** Words that a type leaves of an envelope field's closed list, so that no event contradicts its own type; none is "absent". */
type Narrowed = { readonly [K in ProducerField]?: readonly string[] | { readonly [member: string]: readonly string[] } }

/** One event type: the only place where its shape, its writer, its documentation and its example stand. */
export interface EventDefinition<T extends string = string, E = object> {
  readonly type: T
  /** The first `schema_version` that has it. */
  readonly since: string
  readonly group: EventGroup
  readonly writer: EventWriter
  /** One sentence for the table in `spec/event.md`. */
  readonly summary: string
  /** Whether it belongs to a run and carries `run_id` and `run_seq`. */
  readonly inRun: 'always' | 'maybe' | 'never'
  readonly required: readonly ProducerField[]
  readonly optional: readonly ProducerField[]
  /** JSON Schema 2020-12 of the producer form, without `payload` and `summary`. */
  readonly schema: TObject
  readonly example: E
}

/** The producer-form event of a definition, without `payload` and `summary`. */
export type EventOf<D> = D extends { readonly example: infer E } ? E : never

/**
 * Defines an event type. `required` and `optional` name envelope fields beyond those that every event may carry;
 * `inRun: 'always'` adds `run_id` and `run_seq` to the required ones, `'maybe'` to the optional ones; `only` leaves some
 * words of a closed list (`{ effect: { status: ['applied'] } }`), or none of them: then the member may not be sent.
 */
export function defineEvent<
  const T extends string,
  const R extends ProducerField = never,
  const O extends ProducerField = never,
  const I extends 'always' | 'maybe' | 'never' = 'always',
>(definition: {
  type: T
  since: string
  group: EventGroup
  writer: EventWriter
  summary: string
  inRun?: I
  required?: readonly R[]
  optional?: readonly O[]
  only?: Narrowed
  example: Omit<Shape<T, R, O>, Always | 'event_type' | RunFields>
}): EventDefinition<T, Shape<T, RequiredOf<R, I>, OptionalOf<O, I>>> {
  const inRun = definition.inRun ?? 'always'
  const run: readonly ProducerField[] = ['run_id', 'run_seq']
  const required: readonly ProducerField[] = [...(inRun === 'always' ? run : []), ...(definition.required ?? [])]
  const optional: readonly ProducerField[] = [...(inRun === 'maybe' ? run : []), ...(definition.optional ?? [])]
  const requiredNames = new Set<string>(['schema_version', 'event_id', ...required])
  const allowedNames = new Set<string>([...requiredNames, ...optional, ...sharedOptionalFields])
  const properties: Record<string, TSchema> = {}
  // The order of producerFields is the order of the stored bytes.
  for (const [name, full] of Object.entries(producerFields)) {
    const schema = narrow(full, definition.only?.[name as ProducerField])
    if (name === 'event_type') properties[name] = Type.Literal(definition.type)
    else if (requiredNames.has(name)) properties[name] = schema
    else if (allowedNames.has(name)) properties[name] = Type.Optional(schema)
  }
  const example = {
    schema_version: '1.0',
    event_id: '01939c5e-7a10-7c3e-8d55-3f0a6d1b2c44',
    event_type: definition.type,
    ...(inRun === 'never' ? {} : { run_id: 'run-7Q2m', run_seq: 3 }),
    ...definition.example,
  }
  return {
    type: definition.type,
    since: definition.since,
    group: definition.group,
    writer: definition.writer,
    summary: definition.summary,
    inRun,
    required,
    optional,
    schema: Type.Object(properties, { additionalProperties: false, description: definition.summary }),
    // The spread above has just these members; TypeScript cannot follow the conditional ones.
    example: example as unknown as Shape<T, RequiredOf<R, I>, OptionalOf<O, I>>,
  }
}

function narrow(schema: TSchema, only: Narrowed[ProducerField]): TSchema {
  if (only === undefined) return schema
  const { description } = schema as { description?: string }
  const options = description === undefined ? {} : { description }
  if (isWords(only)) return only.length === 0 ? Type.Never(options) : Type.Enum([...only], options)
  const object = schema as TObject
  const required = new Set<string>(object.required)
  const members = Object.entries(object.properties).map(([name, member]): [string, TSchema] => {
    const narrowed = narrow(member, only[name])
    return [name, required.has(name) ? narrowed : Type.Optional(narrowed)]
  })
  return Type.Object(Object.fromEntries(members), { ...options, additionalProperties: false })
}

function isWords(only: NonNullable<Narrowed[ProducerField]>): only is readonly string[] {
  return Array.isArray(only)
}

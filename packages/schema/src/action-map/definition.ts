import { Type, type Static } from 'typebox'
import { effectClasses } from '../fields.ts'
import { limits } from '../limits.ts'

const closed = { additionalProperties: false } as const

const pointer = (description: string) =>
  Type.String({
    pattern: '^(/([^~/]|~[01])*)*$',
    maxLength: 512,
    description: `JSON Pointer (RFC 6901): ${description}`,
  })

const code = (description: string) => Type.String({ pattern: '^[a-z][a-z0-9_.]{0,63}$', description })

const reference = (description: string) =>
  Type.Union(
    [
      Type.Object(
        {
          type: code('what kind of thing: order, mailbox, file'),
          id: pointer('where its id stands in the arguments of the call'),
          version: Type.Optional(pointer('where the state that the call was based on stands in the arguments')),
          digest: Type.Optional(
            Type.Literal(true, {
              description: 'the id is an address or a name: the envelope gets sha256: and its digest in its place',
            }),
          ),
        },
        closed,
      ),
      Type.Object(
        {
          type: code('what kind of thing'),
          value: Type.String({
            pattern: `^[\\x21-\\x7e]{1,${limits.idCharactersMax}}$`,
            description: 'always this id',
          }),
        },
        closed,
      ),
    ],
    { description },
  )

const attribute = Type.Union(
  [
    pointer('where the value stands in the arguments'),
    Type.Object(
      {
        pointer: pointer('where the number stands in the arguments'),
        scale: Type.Integer({
          minimum: 1,
          maximum: 9,
          description: 'shift the decimal point right by so many digits: 2 turns 24.5 into 2450 minor units',
        }),
      },
      closed,
    ),
    Type.Object(
      {
        value: Type.Union([
          Type.String({ maxLength: limits.attributeStringCodePointsMax }),
          Type.Integer({ minimum: Number.MIN_SAFE_INTEGER, maximum: Number.MAX_SAFE_INTEGER }),
        ]),
      },
      { ...closed, description: 'always this value' },
    ),
  ],
  { description: 'one searchable key of the event' },
)

const condition = Type.Union(
  [
    Type.Object(
      { text_prefix: Type.String({ minLength: 1, maxLength: 256, description: 'how the text of the result begins' }) },
      closed,
    ),
    Type.Object(
      {
        text_pattern: Type.String({
          minLength: 1,
          maxLength: 512,
          description: 'an ECMAScript regular expression (flag u) that the first 4,096 characters of the text match',
        }),
      },
      closed,
    ),
    Type.Object(
      { flag: pointer('a member of the result message that is set: neither absent nor null, false, 0 or empty') },
      closed,
    ),
    Type.Object(
      {
        pointer: pointer('a member of the result, when its text is JSON'),
        equals: Type.Union([Type.String({ maxLength: 256 }), Type.Number(), Type.Boolean(), Type.Null()]),
      },
      closed,
    ),
  ],
  { description: 'one sign in the result of a call' },
)

const conditions = (description: string) => Type.Array(condition, { maxItems: 64, description })

const resultRules = Type.Object(
  {
    denied: Type.Optional(conditions('any of these: somebody refused the call, it did not run')),
    unknown: Type.Optional(conditions('any of these: nobody knows whether it happened, for example a timeout')),
    failure: Type.Optional(conditions('any of these: it was tried, and it did not happen')),
  },
  { ...closed, description: 'how the result of a call is read; asked in this order, otherwise it succeeded' },
)

const toolRule = Type.Object(
  {
    description: Type.Optional(Type.String({ maxLength: 1024, description: 'for people' })),
    action: code('type of the action, dotted: refund.create'),
    effect: Type.Enum([...effectClasses], { description: 'what a call does to the world' }),
    target: Type.Optional(reference('what the call acts on, or reads')),
    also_affects: Type.Optional(
      Type.Array(reference('another thing that the call touches'), {
        maxItems: 16,
        description: 'what else it touches',
      }),
    ),
    attributes: Type.Optional(
      Type.Record(Type.String({ pattern: `^[a-z][a-z0-9_]{0,${limits.attributeKeyCharactersMax - 1}}$` }), attribute, {
        ...closed,
        maxProperties: 16,
        description: 'searchable values taken from the arguments',
      }),
    ),
    trust: Type.Optional(
      Type.Enum(['trusted', 'untrusted', 'unknown'], { description: 'for reads: who controls what comes back' }),
    ),
    reversibility: Type.Optional(
      Type.Enum(['two_way', 'one_way_recoverable', 'one_way_consequential', 'one_way_terminal'], {
        description: 'how hard the effect is to undo',
      }),
    ),
    receipt: Type.Optional(
      Type.Object(
        { ref: pointer("the external system's id of the effect, in a result whose text is JSON") },
        { ...closed, description: 'what the result says about the effect' },
      ),
    ),
    result: Type.Optional(resultRules),
  },
  { ...closed, description: 'what calls of a tool mean' },
)

/**
 * The action map: what the tools of an agent do to the world. One definition gives the type, the validator and the
 * published JSON Schema (`spec/action-map.schema.json`).
 */
export const actionMapSchema = Type.Object(
  {
    $schema: Type.Optional(Type.String({ maxLength: 1024, description: 'for editors' })),
    version: Type.Literal(1, { description: 'version of this format' }),
    name: Type.String({ pattern: '^[a-z0-9][a-z0-9._-]{0,63}$', description: 'name of the map' }),
    description: Type.Optional(Type.String({ maxLength: 4096, description: 'for people' })),
    tools: Type.Record(Type.String({ pattern: '^[\\x21-\\x29\\x2b-\\x7e]{0,127}([\\x21-\\x7e])$' }), toolRule, {
      ...closed,
      maxProperties: 2048,
      description: 'by tool name; a name that ends in * stands for every tool that begins so, the longest wins',
    }),
    default: Type.Optional(toolRule),
    result: Type.Optional(resultRules),
  },
  {
    ...closed,
    title: 'Counterfoil action map',
    description: 'What the tools of an agent do: action type, effect class, target, and how their results are read.',
  },
)

export type ActionMap = Static<typeof actionMapSchema>
export type ToolRule = Static<typeof toolRule>
export type ResultRules = Static<typeof resultRules>
export type ResultCondition = Static<typeof condition>
export type ReferenceRule = Static<ReturnType<typeof reference>>
export type AttributeRule = Static<typeof attribute>

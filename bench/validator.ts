/**
 * What validating one nested event costs with each of the usual libraries, all as strict as one another.
 * Usage: node --conditions=@counterfoil/source bench/validator.ts
 */
import { eventDefinitions, eventJsonSchema, type EventDefinition } from '@counterfoil/schema'
import { validateEvent } from '@counterfoil/schema/validate'
import { Ajv2020 } from 'ajv/dist/2020.js'
import { type } from 'arktype'
import { Compile } from 'typebox/compile'
import * as v from 'valibot'
import { z } from 'zod'
import { performance } from 'node:perf_hooks'
import { rowOf, type Row } from './row.ts'

const rounds = 11
const callsPerRound = 5_000

const uuid = /^[0-9a-f]{8}-[0-9a-f]{4}-[1-8][0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/
const id = /^[\x21-\x7e]{1,128}$/
const code = /^[a-z][a-z0-9_.]{0,63}$/
const time =
  /^[0-9]{4}-(0[1-9]|1[0-2])-(0[1-9]|[12][0-9]|3[01])T([01][0-9]|2[0-3]):[0-5][0-9]:([0-5][0-9]|60)\.[0-9]{3}Z$/
const attributeName = /^[a-z][a-z0-9_]{0,63}$/
const effectClasses = ['none', 'read', 'write', 'delete', 'communicate', 'financial', 'privilege', 'execute'] as const
const countMax = Number.MAX_SAFE_INTEGER

/** A proposal as a live agent sends it; every member is one that all five schemas know. */
const event = {
  schema_version: '1.0',
  event_id: '01939c5e-7a10-7c3e-8d55-3f0a6d1b2c44',
  event_type: 'decision_proposed',
  occurred_at: '2026-11-23T10:15:30.123Z',
  run_id: 'run-7Q2m',
  run_seq: 3,
  correlation_id: 'ticket-88123',
  actor: { type: 'agent', id: 'refund-agent', version: '4.2.1' },
  action: { id: '01939c5e-7a10-7a01-9d55-000000000001', type: 'refund.create', effect_class: 'financial' },
  target: { type: 'order', id: 'W1001', version: '7' },
  reason_code: 'item_damaged',
  confidence: 'high',
  model: { provider: 'openai', name: 'gpt-4.1' },
  sources: [{ type: 'order', id: 'W1001', version: '7', trust: 'trusted' }],
  attributes: { order: 'W1001', amount_minor: 24_000, currency: 'EUR' },
  producer: { instance: 'worker-4-7f3c', seq: 41 },
}

const zodSchema = z.strictObject({
  schema_version: z.string().regex(/^1\.(0|[1-9][0-9]{0,3})$/),
  event_id: z.string().regex(uuid),
  event_type: z.literal('decision_proposed'),
  occurred_at: z.string().regex(time).optional(),
  run_id: z.string().regex(id),
  run_seq: z.int().min(0).max(countMax),
  correlation_id: z.string().regex(id).optional(),
  actor: z
    .strictObject({
      type: z.enum(['agent', 'human', 'system']),
      id: z.string().regex(id),
      version: z.string().regex(id).optional(),
    })
    .optional(),
  action: z.strictObject({
    id: z.string().regex(uuid),
    type: z.string().regex(code),
    effect_class: z.enum(effectClasses),
  }),
  target: z
    .strictObject({ type: z.string().regex(code), id: z.string().regex(id), version: z.string().regex(id).optional() })
    .optional(),
  reason_code: z.string().regex(code).optional(),
  confidence: z.enum(['low', 'medium', 'high']).optional(),
  model: z.strictObject({ provider: z.string().regex(id).optional(), name: z.string().regex(id) }).optional(),
  sources: z
    .array(
      z.strictObject({
        type: z.string().regex(code),
        id: z.string().regex(id),
        version: z.string().regex(id).optional(),
        trust: z.enum(['trusted', 'untrusted', 'unknown']).optional(),
      }),
    )
    .max(64)
    .optional(),
  attributes: z
    .record(z.string().regex(attributeName), z.union([z.string().max(256), z.int()]))
    .refine((members) => Object.keys(members).length <= 32)
    .optional(),
  producer: z.strictObject({ instance: z.string().regex(id), seq: z.int().min(0).max(countMax) }).optional(),
})

const vid = v.pipe(v.string(), v.regex(id))
const vcode = v.pipe(v.string(), v.regex(code))
const vuuid = v.pipe(v.string(), v.regex(uuid))
const vcount = v.pipe(v.number(), v.safeInteger(), v.minValue(0))
const valibotSchema = v.strictObject({
  schema_version: v.pipe(v.string(), v.regex(/^1\.(0|[1-9][0-9]{0,3})$/)),
  event_id: vuuid,
  event_type: v.literal('decision_proposed'),
  occurred_at: v.optional(v.pipe(v.string(), v.regex(time))),
  run_id: vid,
  run_seq: vcount,
  correlation_id: v.optional(vid),
  actor: v.optional(
    v.strictObject({ type: v.picklist(['agent', 'human', 'system']), id: vid, version: v.optional(vid) }),
  ),
  action: v.strictObject({ id: vuuid, type: vcode, effect_class: v.picklist(effectClasses) }),
  target: v.optional(v.strictObject({ type: vcode, id: vid, version: v.optional(vid) })),
  reason_code: v.optional(vcode),
  confidence: v.optional(v.picklist(['low', 'medium', 'high'])),
  model: v.optional(v.strictObject({ provider: v.optional(vid), name: vid })),
  sources: v.optional(
    v.pipe(
      v.array(
        v.strictObject({
          type: vcode,
          id: vid,
          version: v.optional(vid),
          trust: v.optional(v.picklist(['trusted', 'untrusted', 'unknown'])),
        }),
      ),
      v.maxLength(64),
    ),
  ),
  attributes: v.optional(
    v.pipe(
      v.record(
        v.pipe(v.string(), v.regex(attributeName)),
        v.union([v.pipe(v.string(), v.maxLength(256)), v.pipe(v.number(), v.safeInteger())]),
      ),
      v.check((members) => Object.keys(members).length <= 32),
    ),
  ),
  producer: v.optional(v.strictObject({ instance: vid, seq: vcount })),
})

const arkCount = type('number.integer').atLeast(0).atMost(countMax)
const arktypeSchema = type({
  '+': 'reject',
  schema_version: /^1\.(0|[1-9][0-9]{0,3})$/,
  event_id: uuid,
  event_type: "'decision_proposed'",
  'occurred_at?': time,
  run_id: id,
  run_seq: arkCount,
  'correlation_id?': id,
  'actor?': type({ '+': 'reject', type: "'agent' | 'human' | 'system'", id, 'version?': id }),
  action: type({ '+': 'reject', id: uuid, type: code, effect_class: type.enumerated(...effectClasses) }),
  'target?': type({ '+': 'reject', type: code, id, 'version?': id }),
  'reason_code?': code,
  'confidence?': "'low' | 'medium' | 'high'",
  'model?': type({ '+': 'reject', 'provider?': id, name: id }),
  'sources?': type({
    '+': 'reject',
    type: code,
    id,
    'version?': id,
    'trust?': "'trusted' | 'untrusted' | 'unknown'",
  })
    .array()
    .atMostLength(64),
  'attributes?': type('Record<string, string <= 256 | number.integer>').narrow((members) => {
    const names = Object.keys(members)
    return names.length <= 32 && names.every((name) => attributeName.test(name))
  }),
  'producer?': type({ '+': 'reject', instance: id, seq: arkCount }),
})

/** Every one must refuse all of these, or the comparison would be unfair. */
const invalid: readonly Record<string, unknown>[] = [
  { ...event, event_id: 'x' },
  { ...event, run_seq: 1.5 },
  { ...event, run_seq: -1 },
  { ...event, surprise: 1 },
  { ...event, occurred_at: '2026-11-23' },
  { ...event, action: { ...event.action, effect_class: 'steal' } },
  { ...event, action: { ...event.action, surprise: 1 } },
  { ...event, sources: [{ type: 'order', id: 'a b' }] },
  { ...event, attributes: { Order: 1 } },
  { ...event, attributes: { order: 1.5 } },
  { ...event, attributes: { order: 'x'.repeat(257) } },
  { ...event, model: { provider: 'x' } },
]

interface Candidate {
  readonly name: string
  readonly accepts: (value: unknown) => boolean
}

function definition(): EventDefinition {
  const found = (eventDefinitions as readonly EventDefinition[]).find((one) => one.type === event.event_type)
  if (found === undefined) throw new Error(`No event type is called ${event.event_type}.`)
  return found
}

/** Ajv with the published schema of this one type, as somebody would use it who has only `spec/`. */
function ajvValidator(): (value: unknown) => boolean {
  const { $defs } = eventJsonSchema('sent') as { $defs: Record<string, object> }
  return new Ajv2020({ strict: false }).compile({ $ref: `#/$defs/${event.event_type}`, $defs })
}

function isValidEvent(value: unknown): boolean {
  try {
    validateEvent(value)
    return true
  } catch {
    return false
  }
}

function candidates(): readonly Candidate[] {
  const typebox = Compile(definition().schema)
  return [
    { name: 'validateEvent: TypeBox and the rules beyond schemas', accepts: isValidEvent },
    { name: 'TypeBox, compiled', accepts: (value) => typebox.Check(value) },
    { name: 'ArkType', accepts: (value) => arktypeSchema.allows(value) },
    { name: 'Ajv, compiled from the published schema', accepts: ajvValidator() },
    { name: 'Valibot', accepts: (value) => v.is(valibotSchema, value) },
    { name: 'zod', accepts: (value) => zodSchema.safeParse(value).success },
  ]
}

/** Microseconds an event and library, in turns so that all see the same machine; the limit is reading the JSON. */
export function run(): Promise<Row[]> {
  const all = candidates()
  for (const { name, accepts } of all) {
    if (!accepts(event)) throw new Error(`${name} refuses the event.`)
    const lax = invalid.findIndex((value) => accepts(value))
    if (lax !== -1) throw new Error(`${name} accepts the invalid event ${lax}: ${JSON.stringify(invalid[lax])}`)
  }
  const text = JSON.stringify(event)
  const parse: Candidate = { name: 'JSON.parse', accepts: () => typeof JSON.parse(text) === 'object' }
  const jobs = [parse, ...all]
  const micros = jobs.map((): number[] => [])
  for (let round = 0; round < rounds; round += 1) {
    for (const [at, { accepts }] of jobs.entries()) {
      const begun = performance.now()
      for (let call = 0; call < callsPerRound; call += 1) accepts(event)
      micros[at]?.push(((performance.now() - begun) / callsPerRound) * 1_000)
    }
  }
  const limit = micros[0] ?? []
  return Promise.resolve(
    all.map(({ name }, at) =>
      rowOf(`validate: ${name}`, 'µs/event', micros[at + 1] ?? [], { limitName: parse.name, limit }),
    ),
  )
}

if (import.meta.main) console.table(await run())

import { Type } from 'typebox'
import { limits } from './limits.ts'

const closed = { additionalProperties: false } as const

/** `[\x21-\x7e]{1,128}`: printable ASCII without space, so that an id survives every log line, URL and terminal. */
const id = (description: string) =>
  Type.String({ pattern: `^[\\x21-\\x7e]{1,${limits.idCharactersMax}}$`, description })

const uuid = (description: string) =>
  Type.String({
    pattern: '^[0-9a-f]{8}-[0-9a-f]{4}-[1-8][0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$',
    description,
  })

/** RFC 3339 in UTC with milliseconds, always `YYYY-MM-DDTHH:MM:SS.sssZ`. */
const timestamp = (description: string) =>
  Type.String({
    pattern:
      '^[0-9]{4}-(0[1-9]|1[0-2])-(0[1-9]|[12][0-9]|3[01])T([01][0-9]|2[0-3]):[0-5][0-9]:([0-5][0-9]|60)\\.[0-9]{3}Z$',
    description,
  })

const count = (description: string) => Type.Integer({ minimum: 0, maximum: Number.MAX_SAFE_INTEGER, description })
const name = (description: string) =>
  Type.String({ minLength: 1, maxLength: limits.envelopeStringCodePointsMax, description })
const code = (description: string) => Type.String({ pattern: '^[a-z][a-z0-9_.]{0,63}$', description })
const digest = (description: string) =>
  Type.String({ pattern: '^[a-z0-9-]{1,32}:[A-Za-z0-9+/=_-]{16,128}$', description })
const reference = (description: string) =>
  Type.Object({ type: code('what kind of thing'), id: id('which') }, { ...closed, description })

/**
 * What no free string of an envelope may hold, as a class of a regular expression with the flag `u`: control, format
 * (bidirectional, zero-width), line separators, lone surrogates, and letters that show nothing.
 */
export const hiddenCharacterClass = String.raw`\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}\u034f\u115f\u1160\u17b4\u17b5\u2800\u3164\uffa0`

/** What an effect does to the world. `none` is a decision without outside effect. */
export const effectClasses = [
  'none',
  'read',
  'write',
  'delete',
  'communicate',
  'financial',
  'privilege',
  'execute',
] as const

/** What one event reports on; the derived `outcome` of an action or run is another thing. */
export const results = ['success', 'failure', 'denied', 'pending', 'cancelled', 'unknown'] as const

/** Every envelope field that a producer may send, defined once. */
export const producerFields = {
  schema_version: Type.String({ pattern: '^1\\.(0|[1-9][0-9]{0,3})$', description: 'version of this contract' }),
  event_id: uuid('UUIDv7, or UUIDv8 from an importer; the idempotency key'),
  event_type: Type.String({ pattern: '^[a-z][a-z0-9_]{2,63}$', description: 'what happened' }),
  occurred_at: timestamp("the producer's clock: a claim; order is never taken from it"),
  run_id: Type.String({
    // A run has a URL, and `.` and `..` are no last part of one.
    pattern: `^(?!\\.{1,2}$)[\\x21-\\x7e]{1,${limits.idCharactersMax}}$`,
    description: 'the run that this event belongs to',
  }),
  run_seq: count('order within the run'),
  correlation_id: id('joins runs and events of the same business case; defaults to run_id'),
  parent_run_id: id('the run that started this one'),
  session_id: id('a conversation or session that spans runs'),
  causation_id: uuid('the event that caused this one'),
  trace_id: Type.String({ pattern: '^[0-9a-f]{32}$', description: 'W3C trace id' }),
  span_id: Type.String({ pattern: '^[0-9a-f]{16}$', description: 'W3C span id' }),
  workflow: Type.Object(
    { name: id('name of the workflow'), version: Type.Optional(id('its version')) },
    { ...closed, description: 'which workflow runs' },
  ),
  environment: id('production, staging, import, …'),
  customer_id: id("the integrator's own customer or account"),
  trigger: Type.Object(
    {
      type: Type.Enum(['user', 'schedule', 'event', 'agent', 'api', 'unknown'], {
        description: 'what kind of trigger; unknown is no answer',
      }),
      ref: Type.Optional(id('which ticket, message, job')),
    },
    { ...closed, description: 'what started the run' },
  ),
  actor: Type.Object(
    {
      type: Type.Enum(['agent', 'human', 'system'], { description: 'who acted' }),
      id: id('an opaque id, never a name or an e-mail address'),
      version: Type.Optional(id('version of the agent or program')),
    },
    { ...closed, description: 'who did what this event says' },
  ),
  on_behalf_of: Type.Object(
    { type: Type.Enum(['agent', 'human', 'system', 'customer'], { description: 'for whom' }), id: id('an opaque id') },
    { ...closed, description: 'for whom the actor acted' },
  ),
  action: Type.Object(
    {
      id: uuid('the same on every event of the life of the action'),
      type: code('dotted: refund.create'),
      effect_class: Type.Enum([...effectClasses], { description: 'what its effect does' }),
      idempotency_key: Type.Optional(id('handed to the external system')),
      attempt: Type.Optional(Type.Integer({ minimum: 1, maximum: 10_000, description: 'counts retries from 1' })),
      reversibility: Type.Optional(
        Type.Enum(['two_way', 'one_way_recoverable', 'one_way_consequential', 'one_way_terminal'], {
          description: 'how hard it is to undo',
        }),
      ),
    },
    { ...closed, description: 'one thing that the agent wants to do to one target' },
  ),
  target: Type.Object(
    {
      type: code('what kind of thing is acted on'),
      id: id('which one'),
      version: Type.Optional(id('the state the decision was based on: etag, row version')),
    },
    { ...closed, description: 'what the action is done to' },
  ),
  also_affects: Type.Array(reference('another thing touched'), {
    maxItems: limits.alsoAffectsMax,
    description: 'further things that the action touches',
  }),
  reason_code: code('a registered reason'),
  confidence: Type.Enum(['low', 'medium', 'high'], { description: "the agent's own confidence" }),
  model: Type.Object(
    { provider: Type.Optional(id('who serves it')), name: id('which model') },
    { ...closed, description: 'the model that decided' },
  ),
  prompt_ref: id('identifier and version of the prompt, never its text'),
  policy_ref: id('identifier and version of the policy, never its text'),
  sources: Type.Array(
    Type.Object(
      {
        type: code('what kind of source'),
        id: id('which one'),
        version: Type.Optional(id('the state that was read')),
        trust: Type.Optional(
          Type.Enum(['trusted', 'untrusted', 'unknown'], { description: 'who controls its content' }),
        ),
      },
      closed,
    ),
    { maxItems: limits.sourcesMax, description: 'what was read, by reference' },
  ),
  check: Type.Object(
    {
      name: code('which check'),
      verdict: Type.Enum(['allow', 'warn', 'modify', 'deny', 'require_approval'], { description: 'what it concluded' }),
      enforced: Type.Enum(['allowed', 'blocked', 'modified', 'held', 'none'], {
        description: 'what was done about it',
      }),
      policy_id: Type.Optional(id('which policy')),
      policy_version: Type.Optional(id('its version')),
      rule_id: Type.Optional(id('which rule decided')),
      risk: Type.Optional(Type.Enum(['low', 'medium', 'high', 'critical'], { description: 'the risk it saw' })),
    },
    { ...closed, description: 'one validation or policy evaluation: verdict and enforcement are two facts' },
  ),
  approval: Type.Object(
    {
      request_id: id('joins request and decision'),
      mode: Type.Enum(['single', 'dual', 'maker_checker', 'auto'], { description: 'auto is never shown as human' }),
      decision: Type.Optional(Type.Enum(['approved', 'rejected'], { description: 'what was decided elsewhere' })),
      surface: Type.Optional(id('where it was decided: slack, e-mail, terminal')),
      ref: Type.Optional(id('reference in that system')),
    },
    { ...closed, description: 'an approval that happened elsewhere; kept as claimed' },
  ),
  tool: Type.Object(
    {
      name: id('which tool'),
      call_id: Type.Optional(id("the model's call id; not unique in real data")),
      server: Type.Optional(id('which tool server')),
    },
    { ...closed, description: 'the tool that was called' },
  ),
  effect: Type.Object(
    {
      status: Type.Enum(['applied', 'not_applied', 'unknown', 'reverted'], { description: 'what became of it' }),
      external_ref: Type.Optional(id("the external system's own id of the effect")),
      before_version: Type.Optional(id('state before')),
      after_version: Type.Optional(id('state after')),
      reverts: Type.Optional(uuid('the event whose effect this one reverts')),
      source: Type.Optional(id('who observed it')),
    },
    { ...closed, description: 'what changed in an external system' },
  ),
  failed_at: Type.Enum(['retrieval', 'decision', 'validation', 'approval', 'execution'], {
    description: 'where the run failed',
  }),
  result: Type.Enum([...results], { description: 'what this event reports' }),
  usage: Type.Object(
    {
      input_tokens: Type.Optional(count('tokens read')),
      output_tokens: Type.Optional(count('tokens written')),
      cost_micros: Type.Optional(count('cost in millionths of the currency')),
      currency: Type.Optional(Type.String({ pattern: '^[A-Z]{3}$', description: 'ISO 4217' })),
    },
    { ...closed, description: 'what it cost: for loops that burn money' },
  ),
  attributes: Type.Record(
    Type.String({ pattern: `^[a-z][a-z0-9_]{0,${limits.attributeKeyCharactersMax - 1}}$` }),
    Type.Union([
      Type.String({ maxLength: limits.attributeStringCodePointsMax }),
      Type.Integer({ minimum: Number.MIN_SAFE_INTEGER, maximum: Number.MAX_SAFE_INTEGER }),
    ]),
    {
      ...closed,
      maxProperties: limits.attributesMax,
      description: "the integrator's own keys: strings or integers, searchable",
    },
  ),
  payload_ref: Type.Object(
    { uri: name('where the body stays'), digest: digest('algorithm:value over its bytes') },
    { ...closed, description: 'a body that stays with the producer' },
  ),
  producer: Type.Object(
    { instance: id('one process of the producer'), seq: count('gapless from 0 per instance') },
    { ...closed, description: 'makes losses visible' },
  ),
  redactions: Type.Array(
    Type.Object(
      {
        path: Type.String({
          maxLength: limits.envelopeStringCodePointsMax,
          description: 'JSON Pointer; within a body the body alone',
        }),
        rule: Type.String({ pattern: '^[a-z0-9-]{1,40}$', description: 'which rule' }),
      },
      closed,
    ),
    {
      maxItems: limits.redactionsMax,
      description: 'what was removed before storage: by the producer before it sent, and by the server',
    },
  ),
} as const

/** Envelope fields that only the server sets; a client that sends one is refused (`payload` and `summary` excepted: it sends their content). */
export const serverFields = {
  action_digest: digest('keyed digest over the RFC 8785 bytes of {type, target, parameters}'),
  payload: Type.Object(
    {
      commitment: digest('HMAC-SHA-256 of the stored bytes under a salt that is erased with them'),
      media_type: Type.String({ pattern: '^[a-z0-9.+/-]{3,127}$', description: 'of the stored bytes' }),
      size: count('stored bytes'),
    },
    { ...closed, description: 'binds the erasable body to this event' },
  ),
  summary: Type.Object(
    { commitment: digest('as in payload'), size: count('stored bytes') },
    { ...closed, description: 'binds the erasable summary to this event' },
  ),
  log: name('the origin of the log'),
  index: count('position in the log'),
  recorded_at: timestamp('when the log took it; never decreases'),
  key_id: id('the API key that sent it, or server'),
  assurance: Type.Enum(['authenticated', 'claimed', 'inferred'], { description: 'how the statement was made' }),
  time_quality: Type.Enum(['ok', 'skewed', 'backfilled', 'unknown'], { description: 'what to think of occurred_at' }),
} as const

export type ProducerField = keyof typeof producerFields
export type ServerField = keyof typeof serverFields

/** Fields that every event may carry, whatever its type. */
export const sharedOptionalFields = [
  'occurred_at',
  'correlation_id',
  'session_id',
  'causation_id',
  'trace_id',
  'span_id',
  'environment',
  'customer_id',
  'actor',
  'on_behalf_of',
  'reason_code',
  'attributes',
  'usage',
  'payload_ref',
  'producer',
  'redactions',
] as const satisfies readonly ProducerField[]

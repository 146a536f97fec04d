import { createEventId } from '@counterfoil/schema/ids'
import type { Edit } from '../approval/seek-approval.ts'
import type { OpenRun } from '../run/open-run.ts'
import { actorOf } from '../run/run-options.ts'
import { isCode, toAttributes, toId, toModel } from '../wire/envelope-words.ts'
import { messageOf } from '../wire/error-body.ts'
import { toAffected, toReference, toSources } from '../wire/reference.ts'
import type { CallOptions, Declared } from './declaration.ts'
import { OpenAction, type ActionIdentity, type SchemaOutcome, type Subject } from './open-action.ts'
import { prepareParameters, snapshot, type Prepared, type Unfit } from './prepare-parameters.ts'
import type { Refusal } from './refusal.ts'

/** An action on record as proposed, and what its own parameters or declaration have against it. */
export interface Proposed {
  readonly action: OpenAction
  readonly refusal: Refusal | undefined
  readonly edit: Edit
}

/**
 * Records an action as proposed, with the verdict of its schema. What is recorded is the action in its normal form: the
 * parameters that the schema made, which are those that an approver sees and the function gets.
 *
 * @param taken a copy of the parameters that nobody else holds, as {@link snapshot} makes it
 */
export async function proposeAction(
  run: OpenRun,
  declared: Declared,
  taken: ReturnType<typeof snapshot>,
  options: CallOptions,
): Promise<Proposed> {
  const prepared = await prepare(declared, taken)
  const { subject, attributes, refusal } = describe(declared, prepared)
  const action = new OpenAction(run, identityOf(declared, options, run), subject)
  const isReason = isCode(options.reason)
  const given = 'given' in prepared ? prepared.given : undefined
  action.record('decision_proposed', {
    actor: actorOf(run.identity.agent),
    also_affects: subject.alsoAffects,
    reason_code: isReason ? options.reason : undefined,
    confidence: options.confidence,
    model: toModel(options.model),
    prompt_ref: toId(options.prompt),
    policy_ref: toId(options.policy),
    sources: toSources(options.sources),
    tool: { name: toId(action.identity.tool) ?? declared.type, call_id: toId(options.callId) },
    attributes: toAttributes({ ...attributes, ...options.attributes }),
    payload: {
      parameters: subject.json,
      given,
      reason: isReason ? undefined : options.reason,
      reasoning: options.reasoning,
    },
  })
  const schema = schemaOutcome(declared, prepared)
  if (schema !== undefined) action.noteSchema(schema)
  return { action, refusal, edit: (parameters) => editAction(declared, action, parameters) }
}

function prepare({ input }: Declared, taken: ReturnType<typeof snapshot>): Promise<Prepared | Unfit> {
  return 'copy' in taken ? prepareParameters(taken.copy, input) : Promise.resolve(taken)
}

/** The verdict that the `schema` check records; none where there is no schema and nothing is wrong. */
function schemaOutcome({ input }: Declared, prepared: Prepared | Unfit): SchemaOutcome | undefined {
  if ('issues' in prepared) return { issues: prepared.issues }
  if (input === undefined) return undefined
  return prepared.given === undefined ? {} : { given: prepared.given }
}

function identityOf({ type, plan }: Declared, options: CallOptions, run: OpenRun): ActionIdentity {
  const id = createEventId()
  return {
    id,
    type,
    effect: plan.effect,
    tool: plan.tool ?? type,
    callId: options.callId,
    idempotencyKey: options.idempotencyKey ?? id,
    attempt: options.attempt ?? 1,
    reversibility: plan.reversibility,
    requires: plan.requires ?? [],
    signal: options.signal === undefined ? run.signal : AbortSignal.any([run.signal, options.signal]),
  }
}

interface Described {
  readonly subject: Subject
  readonly attributes: Readonly<Record<string, unknown>>
  readonly refusal: Refusal | undefined
}

/** What the declaration says of these parameters: on what, with what else, and under which words it is found. */
function describe({ type, plan }: Declared, prepared: Prepared | Unfit): Described {
  const bare = { value: undefined, json: prepared.json, target: undefined, alsoAffects: undefined }
  if ('issues' in prepared) {
    const words = prepared.issues.map(({ pointer, message }) => `${pointer === '' ? '' : `${pointer} `}${message}`)
    const why = `its parameters do not fit: ${words.slice(0, 3).join('; ')}`
    return { subject: bare, attributes: {}, refusal: { code: 'parameters_invalid', rule: 'schema', why } }
  }
  const { value, json } = prepared
  try {
    const target = plan.target === undefined ? undefined : toReference(plan.target(value))
    if (plan.target !== undefined && target === undefined) throw new TypeError('the target names nothing')
    const subject = { value, json, target, alsoAffects: toAffected(plan.alsoAffects?.(value)) }
    return { subject, attributes: plan.attributes?.(value) ?? {}, refusal: undefined }
  } catch (error) {
    const why = `the declaration of ${type} does not fit these parameters (${messageOf(error)})`
    return { subject: { ...bare, value }, attributes: {}, refusal: { code: 'action_invalid', why, cause: error } }
  }
}

/** What an approver changed goes the way of the first proposal: copied, judged by the schema, frozen. */
async function editAction(declared: Declared, action: OpenAction, parameters: unknown): ReturnType<Edit> {
  const prepared = await prepare(declared, snapshot(parameters))
  const { subject, refusal } = describe(declared, prepared)
  const schema = schemaOutcome(declared, prepared)
  if (refusal === undefined) return { subject, schema }
  if (schema !== undefined) action.noteSchema(schema)
  return { refusal: { ...refusal, why: `as the approver changed it, ${refusal.why}` } }
}

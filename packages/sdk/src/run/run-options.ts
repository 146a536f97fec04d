import type { Agent } from '../recorder-core.ts'
import { toAttributes, toId, toModel, type Model } from '../wire/envelope-words.ts'
import { shownJson } from '../wire/shown-json.ts'
import type { TraceContext } from '../trace/trace-context.ts'
import { RecorderError } from '../errors.ts'

export type TriggerType = 'user' | 'schedule' | 'event' | 'agent' | 'api'

/** What a run is, and why it began. */
export interface RunOptions {
  /** Name of the workflow. */
  readonly workflow: string
  /** Version of the workflow. */
  readonly version?: string
  /** What started it, and which one: `{ type: 'event', ref: 'ticket:88123' }`. */
  readonly trigger: TriggerType | { readonly type: TriggerType; readonly ref?: string | number }
  /** The customer or account that it concerns. */
  readonly customer?: string | number
  /** For whom the agent acts. */
  readonly onBehalfOf?: { readonly type: 'agent' | 'human' | 'system' | 'customer'; readonly id: string | number }
  /** Joins runs of the same business case; a nested run has that of the run around it. */
  readonly correlation?: string | number
  /** A conversation that spans runs; a nested run has that of the run around it. */
  readonly session?: string | number
  readonly environment?: string
  /** Overrides the agent of the recorder. */
  readonly agent?: Agent
  readonly model?: string | Model
  /** Identifier and version of the prompt, never its text. */
  readonly prompt?: string
  /** Identifier and version of the policy, never its text. */
  readonly policy?: string
  /** Searchable: strings and integers of the integrator's own. */
  readonly attributes?: Readonly<Record<string, string | number | boolean | undefined>>
  /** The words that started it, or anything else worth keeping. Erasable. */
  readonly content?: unknown
  /** W3C Trace Context of the caller: the run continues its trace. */
  readonly traceparent?: string
}

/** What a nested run takes over from the run around it. */
export interface InheritedFields {
  readonly runId: string
  readonly correlationId: string
  readonly sessionId: string | undefined
  readonly customerId: string | undefined
  readonly environment: string | undefined
  readonly agent: Agent | undefined
  readonly trace: TraceContext | undefined
}

/** What every event of a run, or a run within it, may need of it. */
export interface RunIdentity extends Omit<InheritedFields, 'trace'> {
  readonly created: Readonly<Record<string, unknown>>
}

const triggerTypes: readonly string[] = ['user', 'schedule', 'event', 'agent', 'api'] satisfies TriggerType[]

/** @throws RecorderError `options_invalid` */
export function identifyRun(
  runId: string,
  options: RunOptions,
  parent: InheritedFields | undefined,
  defaults: { readonly agent: Agent | undefined; readonly environment: string | undefined },
): RunIdentity {
  const name = toId(options.workflow)
  if (name === undefined)
    throw new RecorderError('options_invalid', 'A run needs the name of its workflow.', { pointer: '/workflow' })
  const { type, ref } =
    typeof options.trigger === 'object' ? options.trigger : { type: options.trigger, ref: undefined }
  if (!triggerTypes.includes(type)) {
    throw new RecorderError('options_invalid', `A run says what triggered it: one of ${triggerTypes.join(', ')}.`, {
      pointer: '/trigger',
    })
  }
  const version = toId(options.version)
  const triggerRef = toId(ref) ?? (type === 'agent' ? parent?.runId : undefined)
  const sessionId = toId(options.session) ?? parent?.sessionId
  const correlationId = toId(options.correlation) ?? parent?.correlationId
  const customerId = toId(options.customer) ?? parent?.customerId
  const environment = toId(options.environment) ?? parent?.environment ?? defaults.environment
  const agent = options.agent ??
    parent?.agent ??
    defaults.agent ?? { id: name, ...(version !== undefined && { version }) }
  const onBehalfOf = toId(options.onBehalfOf?.id)
  return {
    runId,
    correlationId: correlationId ?? runId,
    sessionId,
    customerId,
    environment,
    agent,
    created: {
      correlation_id: correlationId,
      parent_run_id: parent?.runId,
      session_id: sessionId,
      workflow: { name, version },
      environment,
      customer_id: customerId,
      trigger: { type, ref: triggerRef },
      actor: actorOf(agent),
      on_behalf_of: onBehalfOf === undefined ? undefined : { type: options.onBehalfOf?.type, id: onBehalfOf },
      model: toModel(options.model),
      prompt_ref: toId(options.prompt),
      policy_ref: toId(options.policy),
      attributes: toAttributes(options.attributes),
      payload: options.content === undefined ? undefined : shownJson(options.content),
    },
  }
}

export function actorOf(agent: Agent | undefined): object | undefined {
  const id = toId(agent?.id)
  return id === undefined ? undefined : { type: 'agent', id, version: toId(agent?.version) }
}

import {
  declaredOf,
  rememberRun,
  type Action,
  type CallOptions,
  type Declared,
  type EffectClass,
  type Reversibility,
} from '../action/declaration.ts'
import { requireOwnWords } from '../action/call-action.ts'
import { OpenProposal, type DeclaredProposal, type Proposal } from '../action/proposal.ts'
import { snapshot } from '../action/prepare-parameters.ts'
import { proposeAction } from '../action/propose-action.ts'
import type { AnyEventDraft } from '../draft.ts'
import { RecorderError } from '../errors.ts'
import type { Recorded } from '../outbox/outbox.ts'
import type { Delivery } from '../recorder-core.ts'
import { isCode, toCode, toId, toModel, type Model } from '../wire/envelope-words.ts'
import { toSources, toReference, type Ref, type Source } from '../wire/reference.ts'
import { shownJson } from '../wire/shown-json.ts'
import type { StandardSchema } from '../standard-schema.ts'
import { RecordedEvent } from './recorded-event.ts'
import type { Stage } from './failed-at.ts'
import type { OpenRun } from './open-run.ts'

/** What the agent used: a message, a record, a prompt, by reference with versions. */
export interface InputFields {
  readonly sources?: readonly Source[]
  readonly model?: string | Model
  /** Identifier and version of the prompt, never its text: `triage@7`. */
  readonly prompt?: string
  /** Identifier and version of the policy, never its text: `refunds@12`. */
  readonly policy?: string
  /** What it was, in full. Erasable. */
  readonly content?: unknown
}

/** Something that was read. */
export interface RetrievalFields {
  /** What read it: `get_order`. */
  readonly tool?: string
  readonly callId?: string
  readonly sources?: readonly Source[]
  readonly target?: Ref
  readonly result?: 'success' | 'failure'
  readonly content?: unknown
}

/** An action without declaration. */
export interface ProposalFields<P> extends CallOptions {
  readonly type: string
  readonly effect: EffectClass
  readonly parameters: P
  readonly input?: StandardSchema<unknown, P>
  readonly target?: Ref
  readonly alsoAffects?: readonly Ref[]
  readonly requires?: readonly string[]
  readonly reversibility?: Reversibility
  readonly delivery?: Delivery
  readonly tool?: string
}

/** A person changed the course of the run or of an action. */
export interface OverrideFields {
  /** An opaque id of the person. */
  readonly by: string
  /** A code, or words. */
  readonly reason: string
  readonly content?: unknown
}

/** One run that is open in this process. */
export class Run {
  readonly id: string
  /** Where its story can be read. */
  readonly url: string
  readonly #open: OpenRun

  constructor(open: OpenRun) {
    this.#open = open
    this.id = open.id
    this.url = open.url
    rememberRun(this, open)
  }

  /** W3C Trace Context for calls to other systems: that of the active span, else the run's; absent without a trace. */
  get traceparent(): string | undefined {
    return this.#open.traceparent
  }

  /** Aborts when the run is cancelled or a person stops it. */
  get signal(): AbortSignal {
    return this.#open.signal
  }

  /** Records what the agent used. */
  input(fields: InputFields): RecordedEvent {
    return this.#record('input_resolved', {
      sources: toSources(fields.sources),
      model: toModel(fields.model),
      prompt_ref: toId(fields.prompt),
      policy_ref: toId(fields.policy),
      payload: contentOf(fields.content),
    })
  }

  /** Records what the agent read by other means than a declared action. */
  retrieval(fields: RetrievalFields): RecordedEvent {
    const tool = toId(fields.tool)
    return this.#record('retrieval_completed', {
      tool: tool === undefined ? undefined : { name: tool, call_id: toId(fields.callId) },
      sources: toSources(fields.sources),
      target: fields.target && toReference(fields.target),
      result: fields.result ?? 'success',
      payload: contentOf(fields.content),
    })
  }

  /** Proposes an action and hands out its steps, for those who need them one by one. */
  propose<I, P, R, C extends string>(
    action: Action<I, P, R, C>,
    parameters: I,
    options?: CallOptions,
  ): Promise<DeclaredProposal<P, R, C>>
  propose<P>(fields: ProposalFields<P>): Promise<Proposal<P>>
  propose(subject: object, parameters?: unknown, options: CallOptions = {}): Promise<unknown> {
    const declared = declaredOf(subject)
    return declared === undefined
      ? this.#propose(declaredFrom(subject as ProposalFields<unknown>), subject as ProposalFields<unknown>)
      : this.#propose(declared, { ...options, parameters })
  }

  /** Records that a person changed the course of the run, or of one action. */
  override(fields: OverrideFields): RecordedEvent {
    const isReason = isCode(fields.reason)
    return this.#record('decision_overridden', {
      actor: { type: 'human', id: toId(fields.by) },
      reason_code: isReason ? fields.reason : 'overridden_by_human',
      payload: { reason: isReason ? undefined : fields.reason, content: contentOf(fields.content) },
    })
  }

  /** Records one event of the log's own contract. */
  record(event: AnyEventDraft): RecordedEvent {
    const { event_type: type, payload, ...fields } = event
    return this.#record(type, { ...fields, payload: contentOf(payload) })
  }

  /** Runs code as part of this run: actions that it calls belong to it. */
  within<T>(work: () => T): T {
    const { context } = this.#open.core
    return context.run({ run: this.#open, inside: context.getStore()?.inside ?? [] }, work)
  }

  /**
   * Ends the run. Resolves when the end is durable on this machine.
   *
   * @throws RecorderError when an event of the run was lost or refused; and the failure of an action that nobody awaited
   */
  complete(fields: { readonly content?: unknown } = {}): Promise<void> {
    return this.#open.watchEnd(this.#open.complete({ payload: contentOf(fields.content) }))
  }

  /** Ends the run with an error; where it failed follows from the error, unless `at` says so. */
  fail(error: unknown, fields: { readonly at?: Stage; readonly reason?: string } = {}): Promise<void> {
    const end = this.#open.fail(error, {
      ...(fields.at !== undefined && { failed_at: fields.at }),
      ...(fields.reason !== undefined && { reason_code: toCode(fields.reason) }),
    })
    return this.#open.watchEnd(end)
  }

  /** Ends the run because somebody stopped it. */
  cancel(fields: { readonly by?: string; readonly reason?: string } = {}): Promise<void> {
    const by = toId(fields.by)
    const end = this.#open.cancel({
      ...(by !== undefined && { actor: { type: 'human', id: by } }),
      ...(fields.reason !== undefined && { reason_code: toCode(fields.reason) }),
    })
    return this.#open.watchEnd(end)
  }

  #propose(declared: Declared, options: CallOptions & { readonly parameters: unknown }): Promise<OpenProposal> {
    const taken = snapshot(options.parameters)
    return this.#open.track(async () => {
      requireOwnWords(declared, options)
      if (!this.#open.isOpen) throw new RecorderError('run_ended', `Run ${this.id} has ended: nothing was proposed.`)
      const requires = [...(declared.plan.requires ?? []), ...Object.keys(declared.plan.checks ?? {})]
      const all = { ...declared, plan: { ...declared.plan, requires } }
      const proposed = await proposeAction(this.#open, all, taken, options)
      const proposal = new OpenProposal(all, proposed)
      for (const [name, verdict] of Object.entries(options.checks ?? {})) await proposal.check(name, verdict)
      return proposal
    })
  }

  #record(type: Parameters<OpenRun['record']>[0], fields: Readonly<Record<string, unknown>>): RecordedEvent {
    const recorded: Recorded = this.#open.recordNew(type, fields)
    return new RecordedEvent(recorded, this.#open.core.confirmWithinMs)
  }
}

function contentOf(content: unknown): ReturnType<typeof shownJson> | undefined {
  return content === undefined ? undefined : shownJson(content)
}

/** What is said with the call, as if it had been declared. */
function declaredFrom(fields: ProposalFields<unknown>): Declared {
  const { type, effect, input, target, alsoAffects, requires, reversibility, delivery, tool } = fields
  return {
    type: toCode(type),
    input,
    run: () => undefined,
    plan: {
      effect,
      ...(target !== undefined && { target: () => target }),
      ...(alsoAffects !== undefined && { alsoAffects: () => alsoAffects }),
      ...(requires !== undefined && { requires }),
      ...(reversibility !== undefined && { reversibility }),
      ...(delivery !== undefined && { delivery }),
      ...(tool !== undefined && { tool }),
    },
  }
}

import type { effectClasses } from '@counterfoil/schema'
import type { Delivery } from '../recorder-core.ts'
import type { OpenRun } from '../run/open-run.ts'
import type { StandardSchema } from '../standard-schema.ts'
import type { Verdict } from '../verdict.ts'
import type { Model } from '../wire/envelope-words.ts'
import type { Ref, Source } from '../wire/reference.ts'

/** What the effect of an action does to the world. `none` is a decision without outside effect. */
export type EffectClass = (typeof effectClasses)[number]

/** How hard an action is to undo. */
export type Reversibility = 'two_way' | 'one_way_recoverable' | 'one_way_consequential' | 'one_way_terminal'

/** What a function gets beside its parameters. */
export interface ActionContext {
  /** For the external system: the same call again has no second effect there. */
  readonly idempotencyKey: string
  /** Aborts when the caller's signal does, when the run is cancelled, or when a person stops it. */
  readonly signal: AbortSignal
  readonly actionId: string
  readonly runId: string
  /** Counts from 1. */
  readonly attempt: number
  /** W3C Trace Context for calls to other systems. */
  readonly traceparent?: string
}

/** What a check gets beside the parameters. */
export interface CheckContext {
  readonly actionId: string
  readonly runId: string
  readonly signal: AbortSignal
}

/** A check of an action. One that throws denies. */
export type Check<P> = (parameters: P, context: CheckContext) => Verdict | Promise<Verdict>

/** What the answer of an external system says about the effect. */
export interface Receipt {
  /** The external system's own id of the effect. */
  readonly ref?: string | number
  /** What really changed, as that system says: compared with what was approved. */
  readonly actual?: unknown
  readonly beforeVersion?: string | number
  readonly afterVersion?: string | number
}

/** What an error of the function says about the effect: it did not happen, or nobody knows. */
export type FailureVerdict = 'not_applied' | 'unknown'

/** What is said once about an action, whoever calls it. `P` is what the function gets, `R` what it returns. */
export interface ActionPlan<P, R, C extends string> {
  readonly effect: EffectClass
  /** The thing that it is done to: `(p) => ref('order', p.order)`. */
  readonly target?: (parameters: P) => Ref
  /** Further things that it touches. */
  readonly alsoAffects?: (parameters: P) => readonly Ref[]
  /** What lists and searches see of the parameters: `(p) => ({ amount_minor: p.amountMinor, currency: p.currency })`. */
  readonly attributes?: (parameters: P) => Readonly<Record<string, string | number | boolean | undefined>>
  /** Run in this order before the function. */
  readonly checks?: { readonly [K in C]: Check<P> }
  /** Names of checks that somebody else must have done: given with the call, or by `check`. */
  readonly requires?: readonly string[]
  /** What the answer says about the effect. Without a receipt the effect stays unconfirmed. */
  readonly receipt?: (result: R, parameters: P) => Receipt | undefined | Promise<Receipt | undefined>
  /** Whether an error leaves the effect open. Without it, time-outs and broken connections do. */
  readonly failure?: (error: unknown) => FailureVerdict | undefined
  readonly reversibility?: Reversibility
  /** `strict` waits for the log, `spool` for this machine's disk. Ignored where a person is asked: that is strict. */
  readonly delivery?: Delivery
  /** Name of the tool, where it is not that of the action. */
  readonly tool?: string
  /** Reads only: what was read, by reference. */
  readonly sources?: (result: R, parameters: P) => readonly Source[]
  /** `false` keeps what the function returned out of the log. */
  readonly keepResult?: boolean
}

/** The declaration of an action. */
export interface ActionDeclaration<S extends StandardSchema, P, R, C extends string> extends ActionPlan<P, R, C> {
  /** What the parameters are: any Standard Schema (zod, valibot, arktype, …). */
  readonly input: S
  /** Makes the effect. Called once, with frozen parameters, and only when everything allows it. */
  readonly run: (parameters: P, context: ActionContext) => R | Promise<R>
}

/** The declaration of an action around a function that is already there. */
export interface WrapOptions<P, R, C extends string> extends ActionPlan<P, R, C> {
  /** Type of the action: `email.send`. */
  readonly action: string
  /** What the parameters are; without it the function's own type says so. */
  readonly input?: StandardSchema<P>
}

/** What is said about one call. */
export interface CallOptions {
  /** Why, as a code (`item_damaged`); other words are kept in the payload. */
  readonly reason?: string
  /** The agent's own reasoning, in its own words. */
  readonly reasoning?: string
  readonly confidence?: 'low' | 'medium' | 'high'
  readonly model?: string | Model
  readonly prompt?: string
  readonly policy?: string
  /** What the decision was based on. */
  readonly sources?: readonly Source[]
  /** Added to those of the declaration. */
  readonly attributes?: Readonly<Record<string, string | number | boolean | undefined>>
  /** Checks that were done elsewhere, or belong to this call alone. */
  readonly checks?: Readonly<Record<string, Verdict>>
  /** The model's id of the tool call. */
  readonly callId?: string
  readonly signal?: AbortSignal
  /** The key of an earlier attempt whose outcome is open; otherwise the recorder makes one. */
  readonly idempotencyKey?: string
  readonly attempt?: number
  /** The run that the call belongs to, where it is not the one around it. */
  readonly run?: { readonly id: string }
}

/** A declared action: called like a function, and its call is its record. */
export interface Action<I, P, R, C extends string = string> {
  (parameters: I, options?: CallOptions): Promise<R>
  /** `refund.create` */
  readonly type: string
  readonly effect: EffectClass
  /** Names what the type parameters say; never there at run time. */
  readonly signature?: (input: I, parameters: P) => { readonly result: R; readonly check: C }
}

/** A declaration with its types erased: what runs behind every call. */
export interface Declared {
  readonly type: string
  readonly input: StandardSchema | undefined
  readonly plan: ActionPlan<unknown, unknown, string>
  readonly run: (parameters: unknown, context: ActionContext) => unknown
}

const declaredByAction = new WeakMap<object, Declared>()

/** Remembers the declaration behind the function that callers hold. */
export function rememberDeclared(action: object, declared: Declared): void {
  declaredByAction.set(action, declared)
}

export function declaredOf(action: object): Declared | undefined {
  return declaredByAction.get(action)
}

/** The open run behind a handle that callers hold. */
const runsByHandle = new WeakMap<object, OpenRun>()

export function rememberRun(handle: object, run: OpenRun): void {
  runsByHandle.set(handle, run)
}

export function runOf(handle: object): OpenRun | undefined {
  return runsByHandle.get(handle)
}

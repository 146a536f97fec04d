import { RecorderError } from '../errors.ts'
import { seekApproval, type Approved } from '../approval/seek-approval.ts'
import { durationMs, type Duration } from '../duration.ts'
import type { Verdict } from '../verdict.ts'
import { isCode, toCode } from '../wire/envelope-words.ts'
import { messageOf } from '../wire/error-body.ts'
import { equalJson } from '../wire/plain-json.ts'
import { executionOf, requireOwnCheck } from './call-action.ts'
import type { ActionContext, Check, Declared, FailureVerdict, Receipt } from './declaration.ts'
import { executeAction } from './execute-action.ts'
import type { CheckOutcome, CheckSource } from './open-action.ts'
import { prepareParameters, snapshot } from './prepare-parameters.ts'
import type { Proposed } from './propose-action.ts'
import type { Refusal } from './refusal.ts'

/** What is asked of a person where no check says so. */
export interface ApprovalAsk {
  /** Why, as a code. */
  readonly reason?: string
  readonly from?: string
  readonly within?: Duration
}

/** What came of asking. */
export type ApprovalOutcome<P> =
  | { readonly decision: 'approved'; readonly edited: boolean; readonly parameters: P }
  | { readonly decision: 'rejected' | 'expired' | 'withdrawn' | 'unavailable' }

/** An action that is proposed and has not run, step by step. Steps wait for one another, awaited or not. */
interface Steps<P> {
  readonly id: string
  /** Frozen: what functions get, as the schema made it and as a person may have changed it. */
  readonly parameters: P
  /** Runs a check, or records the verdict of one that ran elsewhere. */
  check(name: string, check: Check<P> | Verdict): Promise<CheckOutcome>
  /** Asks a person what the checks ask, or, where none does, for a yes all the same. */
  approval(ask?: ApprovalAsk): Promise<ApprovalOutcome<P>>
  /** Prevents it: nothing more can be done with it. */
  block(reason: string): Promise<void>
}

/** A proposed action of a declaration. */
export interface DeclaredProposal<P, R, C extends string> extends Steps<P> {
  /** Runs a check of the declaration. */
  check(name: C): Promise<CheckOutcome>
  check(name: string, check: Check<P> | Verdict): Promise<CheckOutcome>
  /**
   * Calls the function of the declaration, once, when all its checks have run and nothing stands in the way.
   *
   * @param options.parameters what the caller is about to do: refused when it is not what was approved or proposed
   */
  execute(options?: { readonly parameters?: P }): Promise<R>
}

/** A proposed action without declaration. */
export interface Proposal<P> extends Steps<P> {
  /** Calls the function, once, when nothing stands in the way. */
  execute<R>(
    run: (parameters: P, context: ActionContext) => R | Promise<R>,
    options?: {
      readonly parameters?: P
      readonly receipt?: (result: R, parameters: P) => Receipt | undefined | Promise<Receipt | undefined>
      readonly failure?: (error: unknown) => FailureVerdict | undefined
      readonly keepResult?: boolean
    },
  ): Promise<R>
}

/** Both kinds of proposal, with their types erased. */
export class OpenProposal {
  readonly id: string
  readonly #declared: Declared
  readonly #proposed: Proposed
  #approved: Approved | undefined
  #refusal: Refusal | undefined
  /** One step after another: what was not awaited still comes before what follows it. */
  #last: Promise<unknown> = Promise.resolve()

  constructor(declared: Declared, proposed: Proposed) {
    this.#declared = declared
    this.#proposed = proposed
    this.#refusal = proposed.refusal
    this.id = proposed.action.identity.id
  }

  get parameters(): unknown {
    return this.#proposed.action.subject.value
  }

  check(name: string, check?: CheckSource): Promise<CheckOutcome> {
    return this.#step(async () => {
      const { action } = this.#proposed
      action.requireOpen('a check')
      if (this.#proposed.refusal !== undefined) throw this.#invalid(this.#proposed.refusal)
      action.requireNew(name)
      try {
        return await this.#check(name, check)
      } catch (error) {
        // Whoever does not wait for the check must not get an action that was never checked.
        const why = `the check ${name} did not run (${messageOf(error)})`
        this.#refusal ??= { code: 'check_missing', rule: toCode(name), why, cause: error }
        throw error
      }
    })
  }

  async #check(name: string, check: CheckSource | undefined): Promise<CheckOutcome> {
    const { action } = this.#proposed
    const { type, plan } = this.#declared
    if (check !== undefined) requireOwnCheck(type, plan, name)
    const declared = Object.hasOwn(plan.checks ?? {}, name) ? plan.checks?.[name] : undefined
    const source = check ?? declared
    if (source === undefined) throw new RecorderError('action_invalid', `${type} has no check ${name}.`)
    if (this.#approved !== undefined) {
      throw new RecorderError('wrong_order', `${type}: the check ${name} came after the approval. Checks run first.`)
    }
    return action.check(name, source)
  }

  approval(ask: ApprovalAsk = {}): Promise<ApprovalOutcome<unknown>> {
    return this.#step(async () => {
      const { action } = this.#proposed
      action.requireOpen('an approval')
      if (this.#approved !== undefined || this.#refusal !== undefined) {
        const why = this.#approved === undefined ? this.#refusal?.why : 'it is approved already'
        throw new RecorderError('wrong_order', `${action.identity.type}: nobody was asked, because ${why}.`)
      }
      try {
        return await this.#ask(ask)
      } catch (error) {
        // Whoever does not wait for the answer must not get an action that nobody was asked about.
        const why = `a person was to be asked, and asking failed (${messageOf(error)})`
        this.#refusal = { code: 'approval_unavailable', why, cause: error }
        throw error
      }
    })
  }

  async #ask({ reason, from, within }: ApprovalAsk): Promise<ApprovalOutcome<unknown>> {
    const { action, edit } = this.#proposed
    const own = {
      check: 'approval',
      ...(reason !== undefined && { reason }),
      ...(from !== undefined && { from }),
      ...(within !== undefined && { withinMs: durationMs(within) }),
    }
    const asking = action.asking.length > 0 ? action.asking : [own]
    const before = action.subject.json
    const answer = await seekApproval(action, asking, edit)
    if ('refusal' in answer) {
      this.#refusal = answer.refusal
      return { decision: decisions[answer.refusal.code] ?? 'unavailable' }
    }
    this.#approved = answer
    return { decision: 'approved', edited: action.subject.json !== before, parameters: this.parameters }
  }

  block(reason: string): Promise<void> {
    return this.#step(async () => {
      const { action } = this.#proposed
      action.requireOpen('blocking it')
      action.end('was blocked')
      const isReason = isCode(reason)
      action.record('side_effect_blocked', {
        effect: { status: 'not_applied' },
        tool: { name: action.identity.tool },
        result: 'cancelled',
        reason_code: isReason ? reason : 'blocked',
        payload: isReason ? undefined : { reason },
      })
    })
  }

  /** With the function, or, for a declared action, without it. */
  execute(first: Declared['run'] | ExecuteOptions = {}, second: ExecuteOptions = {}): Promise<unknown> {
    const { action } = this.#proposed
    const isLate = !action.run.isOpen
    const [run, options] = typeof first === 'function' ? [first, second] : [this.#declared.run, first]
    const taken = options.parameters === undefined ? undefined : snapshot(options.parameters)
    return this.#step(async () => {
      action.requireOpen('executing it')
      if (this.#refusal !== undefined) throw action.refuse(this.#refusal)
      const drift = taken === undefined ? undefined : await this.#driftOf(taken)
      if (drift !== undefined) throw action.refuse(drift)
      const { receipt, failure, keepResult } = options
      return executeAction(action, {
        ...executionOf(action.run, this.#declared, this.#approved, isLate),
        run,
        ...(receipt !== undefined && { receipt }),
        ...(failure !== undefined && { failure }),
        ...(keepResult !== undefined && { keepResult }),
      })
    })
  }

  /** Whether what the caller is about to do is what was proposed and approved. */
  async #driftOf(taken: ReturnType<typeof snapshot>): Promise<Refusal | undefined> {
    const prepared = 'copy' in taken ? await prepareParameters(taken.copy, this.#declared.input) : taken
    if (!('issues' in prepared) && equalJson(prepared.json, this.#proposed.action.subject.json)) return undefined
    const which = this.#approved === undefined ? 'proposed' : 'approved'
    return { code: 'approval_mismatch', why: `what was ${which} is not what was to run` }
  }

  #invalid({ why }: Refusal): RecorderError {
    return new RecorderError(
      'parameters_invalid',
      `${this.#declared.type}: ${why}. It cannot run; nothing was checked.`,
    )
  }

  #step<T>(work: () => Promise<T>): Promise<T> {
    return this.#proposed.action.run.track(() => {
      const step = this.#last.then(work)
      this.#last = step.catch(() => undefined)
      return step
    })
  }
}

interface ExecuteOptions {
  readonly parameters?: unknown
  readonly receipt?: (result: unknown, parameters: unknown) => Receipt | undefined | Promise<Receipt | undefined>
  readonly failure?: (error: unknown) => FailureVerdict | undefined
  readonly keepResult?: boolean
}

const decisions: Readonly<Record<string, 'rejected' | 'expired' | 'withdrawn'>> = {
  run_stopped: 'withdrawn',
  run_ended: 'withdrawn',
  action_cancelled: 'withdrawn',
  approval_rejected: 'rejected',
  approval_expired: 'expired',
}

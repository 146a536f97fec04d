import { RecorderError } from '../errors.ts'
import type { JsonInput } from '../outbox/json-input.ts'
import type { Recorded } from '../outbox/outbox.ts'
import type { OpenRun } from '../run/open-run.ts'
import type { EventType } from '@counterfoil/schema'
import { normalVerdict, type Verdict } from '../verdict.ts'
import { toCode } from '../wire/envelope-words.ts'
import { errorBody, messageOf } from '../wire/error-body.ts'
import { ActionNotRun } from './action-not-run.ts'
import type { CheckContext } from './declaration.ts'
import { refusalSentence, type Refusal } from './refusal.ts'

/** A check or its verdict, with the types of its parameters erased. */
export type CheckSource = Verdict | ((parameters: unknown, context: CheckContext) => unknown)

/** What one check concluded, and what was done about it: two facts. */
export interface CheckOutcome {
  readonly name: string
  readonly verdict: 'allow' | 'warn' | 'modify' | 'deny' | 'require_approval'
  readonly enforced: 'allowed' | 'modified' | 'blocked' | 'held'
  readonly reason?: string
}

interface CheckState extends CheckOutcome {
  readonly source: CheckSource
  readonly from?: string
  readonly withinMs?: number
}

/** A check that asks for a person. */
export interface Asking {
  readonly check: string
  readonly reason?: string
  readonly from?: string
  readonly withinMs?: number
}

/** What of an action is fixed when it is proposed. */
export interface ActionIdentity {
  readonly id: string
  readonly type: string
  readonly effect: string
  readonly tool: string
  readonly callId: string | undefined
  /** Exactly as the caller gave it: the external system knows it so. */
  readonly idempotencyKey: string
  readonly attempt: number
  readonly reversibility: string | undefined
  readonly requires: readonly string[]
  readonly signal: AbortSignal
}

type Reference = { readonly type: string; readonly id: string; readonly version?: string }

/** What an action is done to and with. An approver may change it. */
export interface Subject {
  readonly value: unknown
  readonly json: JsonInput
  readonly target: Reference | undefined
  readonly alsoAffects: readonly object[] | undefined
}

/** What the schema said of the parameters: that they fit, as given or made to fit, or what is wrong with them. */
export interface SchemaOutcome {
  /** The parameters as they were given, where the schema made something else of them. */
  readonly given?: JsonInput
  readonly issues?: readonly object[]
}

/** One proposed action of a run: its checks, whether it may run, and its events. */
export class OpenAction {
  readonly run: OpenRun
  readonly identity: ActionIdentity
  subject: Subject
  readonly #checks = new Map<string, CheckState>()
  /** What an approval of this action has satisfied: checks that ask the same again hold nothing. */
  #satisfied: ReadonlySet<string> = new Set()
  #ended: string | undefined

  constructor(run: OpenRun, identity: ActionIdentity, subject: Subject) {
    this.run = run
    this.identity = identity
    this.subject = subject
  }

  record(type: EventType, fields: Readonly<Record<string, unknown>> = {}): Recorded {
    const { id, type: actionType, effect, reversibility } = this.identity
    return this.run.record(type, {
      action: { id, type: actionType, effect_class: effect, reversibility },
      target: this.subject.target,
      ...fields,
    })
  }

  /** @throws RecorderError `action_ended` */
  requireOpen(doing: string): void {
    if (this.#ended === undefined) return
    throw new RecorderError(
      'action_ended',
      `${this.identity.type} ${this.#ended}: ${doing} came too late. Nothing was done.`,
    )
  }

  /** Nothing more may be done with it. */
  end(how: string): void {
    this.#ended = how
  }

  /** The verdict of the schema, whose word is final. */
  noteSchema({ given, issues }: SchemaOutcome): void {
    const [verdict, enforced] =
      issues !== undefined
        ? (['deny', 'blocked'] as const)
        : given === undefined
          ? (['allow', 'allowed'] as const)
          : (['modify', 'modified'] as const)
    this.record(issues === undefined ? 'validation_passed' : 'validation_failed', {
      check: { name: 'schema', verdict, enforced },
      payload: issues === undefined ? undefined : { issues },
    })
  }

  /** @throws RecorderError `wrong_order` for a check that has run: its word stands */
  requireNew(name: string): void {
    const known = this.#checks.get(toCode(name))
    if (known === undefined) return
    throw new RecorderError(
      'wrong_order',
      `${this.identity.type}: the check ${known.name} has run already (${known.verdict}), and its word stands.`,
    )
  }

  /** Evaluates a check and records it. A check that throws, or gives no verdict, denies. */
  async check(name: string, source: CheckSource): Promise<CheckOutcome> {
    const code = toCode(name)
    if (code === 'schema')
      throw new RecorderError('action_invalid', 'The check "schema" runs by itself; give this one another name.')
    this.requireNew(name)
    const { result, failure } = await this.#evaluate(source)
    const asked = result.verdict === 'require_approval' ? result : undefined
    const state: CheckState = {
      name: code,
      verdict: result.verdict,
      enforced: this.#enforced(code, result),
      source,
      ...('reason' in result && result.reason !== undefined && { reason: result.reason }),
      ...(asked?.from !== undefined && { from: asked.from }),
      ...(asked?.withinMs !== undefined && { withinMs: asked.withinMs }),
    }
    this.#checks.set(code, state)
    const { verdict, enforced, reason } = state
    const payload = {
      reason,
      from: asked?.from,
      ...(failure !== undefined && { error: errorBody(failure.error) }),
    }
    this.record(verdict === 'deny' || verdict === 'require_approval' ? 'validation_failed' : 'validation_passed', {
      check: { name: code, verdict, enforced, rule_id: code },
      payload: Object.values(payload).every((member) => member === undefined) ? undefined : payload,
    })
    return { name: code, verdict, enforced, ...(reason !== undefined && { reason }) }
  }

  async #evaluate(source: CheckSource) {
    if (typeof source !== 'function') return { result: normalVerdict(source) }
    try {
      const { id, signal } = this.identity
      return { result: normalVerdict(await source(this.subject.value, { actionId: id, runId: this.run.id, signal })) }
    } catch (error) {
      return { result: { verdict: 'deny' as const, reason: `it failed: ${messageOf(error)}` }, failure: { error } }
    }
  }

  #enforced(name: string, result: ReturnType<typeof normalVerdict>): CheckState['enforced'] {
    if (result.verdict === 'deny') return 'blocked'
    if (result.verdict !== 'require_approval') return 'allowed'
    return this.#satisfied.has(askingKey({ check: name, ...result })) ? 'allowed' : 'held'
  }

  /** The checks that ask for a person and have none yet. */
  get asking(): readonly Asking[] {
    return [...this.#checks.values()]
      .filter(({ enforced }) => enforced === 'held')
      .map(({ name, reason, from, withinMs }) => ({
        check: name,
        ...(reason !== undefined && { reason }),
        ...(from !== undefined && { from }),
        ...(withinMs !== undefined && { withinMs }),
      }))
  }

  /** A person has said yes to what these checks ask; what they ask in the same words is answered. */
  satisfy(asking: readonly Asking[]): void {
    this.#satisfied = new Set([...this.#satisfied, ...asking.map(askingKey)])
    for (const [name, state] of this.#checks) {
      if (state.enforced !== 'held' || !this.#satisfied.has(askingKey({ ...state, check: name }))) continue
      this.#checks.set(name, { ...state, enforced: 'allowed' })
    }
  }

  /** All checks again, for what an approver made of the action. What was only told, and not run, is missing then. */
  async checkAgain(subject: Subject, schema: SchemaOutcome | undefined): Promise<void> {
    this.subject = subject
    if (schema !== undefined) this.noteSchema(schema)
    const before = [...this.#checks.values()]
    this.#checks.clear()
    for (const { name, source } of before) {
      if (typeof source === 'function') await this.check(name, source)
      else this.#told.add(name)
    }
  }

  /** Checks whose verdict spoke of other parameters. */
  readonly #told = new Set<string>()

  /** What the checks have against it; who asks for a person is not looked at here. */
  get objection(): Refusal | undefined {
    const denied = [...this.#checks.values()].find(({ enforced }) => enforced === 'blocked')
    if (denied !== undefined) {
      const { name, reason } = denied
      return { code: 'check_failed', rule: name, why: `${name} said no${reason === undefined ? '' : ` (${reason})`}` }
    }
    const required = [...this.identity.requires.map(toCode), ...this.#told]
    const missing = required.find((name) => !this.#checks.has(name))
    return missing === undefined
      ? undefined
      : { code: 'check_missing', rule: missing, why: `the check ${missing} is required and did not run` }
  }

  /** Records that the effect was prevented, and gives the error that says so. */
  refuse(refusal: Refusal): ActionNotRun {
    const { type, id, tool } = this.identity
    this.end('was refused')
    try {
      this.record('side_effect_blocked', {
        effect: { status: 'not_applied' },
        tool: { name: tool },
        result: withdrawals.has(refusal.code) ? 'cancelled' : 'denied',
        reason_code: refusal.code,
      })
    } catch (error) {
      // The refusal stands whether or not it can be recorded.
      if (!(error instanceof RecorderError)) throw error
      this.run.core.tellProblem(error, this.run.id)
    }
    const { code, rule, cause } = refusal
    const place = { actionId: id, runId: this.run.id, runUrl: this.run.url, rule, cause }
    return new ActionNotRun(code, refusalSentence(type, refusal), place)
  }
}

/** Nobody said no: nobody wants it any more. */
const withdrawals: ReadonlySet<string> = new Set(['run_stopped', 'run_ended', 'action_cancelled', 'recorder_closed'])

function askingKey({ check, reason, from }: Asking): string {
  return JSON.stringify([check, reason, from])
}

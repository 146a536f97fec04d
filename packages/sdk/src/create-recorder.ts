import { AsyncLocalStorage } from 'node:async_hooks'
import { callAction } from './action/call-action.ts'
import {
  rememberDeclared,
  type Action,
  type ActionContext,
  type ActionDeclaration,
  type ActionPlan,
  type Declared,
  type WrapOptions,
} from './action/declaration.ts'
import { unavailableDesk } from './approval/approval-desk.ts'
import { createCallbackDesk } from './approval/callback-desk.ts'
import type { AnyEventDraft, LooseEventDraft } from './draft.ts'
import { durationMs } from './duration.ts'
import { RecorderError } from './errors.ts'
import { openOutbox } from './outbox/open-outbox.ts'
import type { OutboxState } from './outbox/outbox.ts'
import type { RecorderCore } from './recorder-core.ts'
import { destinationOf, type Destination, type RecorderOptions } from './recorder-options.ts'
import { ProblemTeller } from './problem-teller.ts'
import { OpenRun } from './run/open-run.ts'
import { RecordedEvent } from './run/recorded-event.ts'
import type { RunContext } from './run/run-context.ts'
import type { RunOptions } from './run/run-options.ts'
import { Run } from './run/run.ts'
import type { InputOf, OutputOf, StandardSchema } from './standard-schema.ts'
import { withTrace } from './trace/open-telemetry.ts'
import { effectNames } from './action/effect-names.ts'
import { toCode, toId } from './wire/envelope-words.ts'
import { shownJson } from './wire/shown-json.ts'
import { WatchedPromise } from './watched-promise.ts'

/** What actions get that are under way when the recorder is closed. */
const closeWithinMs = 10_000

/** Records what an agent does. One for a process is enough. */
export class Recorder implements AsyncDisposable {
  readonly #core: RecorderCore
  readonly #runs = new Map<string, OpenRun>()
  readonly #stopped = new AbortController()
  #closing: Promise<void> | undefined

  constructor(options: RecorderOptions) {
    const destination = destinationOf(options, process.env)
    const problems = new ProblemTeller(options.onProblem)
    // Opening a log in this process is part of the first wait.
    const confirmWithinMs = durationMs(options.confirmWithin ?? (destination.kind === 'server' ? '10s' : '60s'))
    const approvalWithinMs = durationMs(options.approvalWithin ?? '1h')
    const { agent, delivery = 'strict', approver, approverSurface = 'callback' } = options
    const desk =
      options.desk ?? (approver === undefined ? unavailableDesk : createCallbackDesk(approver, approverSurface))
    const tell = (error: RecorderError, runId?: string): void => problems.tell(error, runId)
    const outbox = openOutbox(
      destination,
      options,
      ({ error, runId }) => {
        // Of one event: the run that it belongs to must not go on as if nothing had happened.
        if (runId !== undefined) this.#runs.get(runId)?.noteProblem(error)
        tell(error, runId)
      },
      (runId, stop) => this.#runs.get(runId)?.noteStop(stop),
    )
    this.#core = {
      outbox,
      context: new AsyncLocalStorage<RunContext>(),
      desk,
      agent,
      environment: toId(options.environment),
      delivery,
      confirmWithinMs,
      approvalWithinMs,
      urlOfRun: (runId) => urlOfRun(destination, runId),
      closing: this.#stopped.signal,
      runOpened: (run) => {
        this.#runs.set(run.id, run)
        outbox.runOpened(run.id)
      },
      runEnded: (run) => {
        this.#runs.delete(run.id)
        outbox.runEnded(run.id)
      },
      tellProblem: tell,
    }
  }

  /**
   * Declares an action: what it needs, what must be so, and the function that makes its effect. What comes back is called
   * like that function; the call proposes, checks, asks, executes and records.
   *
   * @throws RecorderError `action_invalid`
   */
  action<S extends StandardSchema, R, C extends string = never>(
    type: string,
    declaration: ActionDeclaration<S, OutputOf<S>, R, C>,
  ): Action<InputOf<S>, OutputOf<S>, R, C> {
    const { input, run, ...plan } = declaration
    if (typeof input?.['~standard']?.validate !== 'function') {
      throw new RecorderError(
        'action_invalid',
        `${type} needs an input: any Standard Schema (zod, valibot, arktype).`,
        { pointer: '/input' },
      )
    }
    return this.#declare(type, input, plan, run)
  }

  /** Declares an action around a function of one parameter that is already there. */
  wrap<P, R, C extends string = never>(
    run: (parameters: P, context: ActionContext) => R | Promise<R>,
    options: WrapOptions<P, R, C>,
  ): Action<P, P, R, C> {
    const { action, input, ...plan } = options
    return this.#declare(action, input, plan, run)
  }

  /**
   * Runs a workflow as a run: what the function records and the actions that it calls belong to it, however deep. The run
   * ends as the function does.
   *
   * @throws whatever the function throws; RecorderError when an event of the run was lost or refused
   */
  run<T>(options: RunOptions, work: (run: Run) => T | Promise<T>): Promise<T> {
    const promise = this.#runThrough(options, work)
    const tell = (error: unknown): void => {
      // The integrator's own errors stay as loud as they are without us.
      if (!(error instanceof RecorderError)) void Promise.reject(error)
      else this.#core.tellProblem(error)
    }
    return new WatchedPromise(promise, tell, () => undefined)
  }

  async #runThrough<T>(options: RunOptions, work: (run: Run) => T | Promise<T>): Promise<T> {
    const open = new OpenRun(this.#core, options, this.#core.context.getStore())
    const run = new Run(open)
    const call = async (): Promise<T> => work(run)
    let value: T
    try {
      const { inside = [] } = this.#core.context.getStore() ?? {}
      value = await this.#core.context.run({ run: open, inside }, () =>
        withTrace(options.traceparent === undefined ? undefined : open.trace, call),
      )
    } catch (error) {
      // Why the run failed matters more to the caller than what went wrong with the record of it, which is told.
      if (open.isOpen) await open.fail(error).catch((problem: unknown) => this.#tellOf(problem, open.id))
      throw error
    }
    if (open.isOpen) await open.complete({})
    return value
  }

  /** Begins a run that `complete`, `fail` or `cancel` must end. */
  startRun(options: RunOptions): Run {
    return new Run(new OpenRun(this.#core, options, this.#core.context.getStore()))
  }

  /**
   * Records one event of the log's own contract: in the run around it, or, with `run_id` and `run_seq`, in a run whose order
   * the caller keeps.
   *
   * @throws RecorderError `no_run`, `run_ended`
   */
  record(event: AnyEventDraft | LooseEventDraft): RecordedEvent {
    const { payload, ...fields } = event as AnyEventDraft & { readonly payload?: unknown; readonly run_id?: string }
    const isLoose = fields.run_id !== undefined || event.event_type === 'effect_observed'
    const run = isLoose ? undefined : this.#core.context.getStore()?.run
    if (!isLoose && run === undefined) {
      const message = `${event.event_type} belongs to a run, and none is open here. It was not recorded.`
      throw new RecorderError('no_run', message)
    }
    const shown = payload === undefined ? {} : { payload: shownJson(payload) }
    const recorded =
      run === undefined
        ? this.#core.outbox.record({ ...fields, ...shown })
        : run.recordNew(event.event_type, { ...fields, ...shown })
    return new RecordedEvent(recorded, this.#core.confirmWithinMs)
  }

  /** The run around this code, where there is one. */
  get currentRun(): Run | undefined {
    const open = this.#core.context.getStore()?.run
    return open && new Run(open)
  }

  /** How far the events of this process have come. */
  state(): OutboxState {
    return this.#core.outbox.state()
  }

  /** Resolves when everything recorded so far is in the log. @throws RecorderError `log_unreachable` and others */
  flush(timeoutMs: number = this.#core.confirmWithinMs): Promise<void> {
    return this.#core.outbox.flush(timeoutMs)
  }

  /**
   * No action begins any more; those that are under way come to their end, for which they get ten seconds. Then delivers
   * what can be delivered and says goodbye to the log. What cannot be delivered stays in the spool.
   */
  close(): Promise<void> {
    this.#closing ??= this.#close()
    return this.#closing
  }

  async #close(): Promise<void> {
    this.#stopped.abort()
    const idle = Promise.all([...this.#runs.values()].map((run) => run.idle()))
    let timer: NodeJS.Timeout | undefined
    const late = new Promise((resolve) => {
      timer = setTimeout(resolve, closeWithinMs)
    })
    await Promise.race([idle, late])
    clearTimeout(timer)
    await this.#core.outbox[Symbol.asyncDispose]()
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close()
  }

  #tellOf(problem: unknown, runId: string): void {
    if (problem instanceof RecorderError) this.#core.tellProblem(problem, runId)
    else throw problem
  }

  #declare<I, P, R, C extends string>(
    type: string,
    input: StandardSchema | undefined,
    plan: ActionPlan<P, R, C>,
    run: (parameters: P, context: ActionContext) => R | Promise<R>,
  ): Action<I, P, R, C> {
    const code = toCode(type)
    if (!effectNames.has(plan.effect)) {
      throw new RecorderError(
        'action_invalid',
        `${type} says what its effect is: one of ${[...effectNames].join(', ')}.`,
        { pointer: '/effect' },
      )
    }
    if (typeof run !== 'function')
      throw new RecorderError('action_invalid', `${type} has no function.`, { pointer: '/run' })
    if (Object.keys(plan.checks ?? {}).some((name) => toCode(name) === 'schema')) {
      throw new RecorderError(
        'action_invalid',
        `${type}: the check "schema" runs by itself; give this one another name.`,
        { pointer: '/checks/schema' },
      )
    }
    // Only the schema, or the caller's own type, says what the parameters are: behind it they are unknown.
    const declared = { type: code, input, plan, run } as unknown as Declared
    const call = (parameters: I, options = {}): Promise<R> =>
      callAction(this.#core, declared, parameters, options) as Promise<R>
    const action = Object.assign(call, { type: code, effect: plan.effect })
    rememberDeclared(action, declared)
    return action
  }
}

/** @throws RecorderError `options_invalid` */
export function createRecorder(options: RecorderOptions = {}): Recorder {
  return new Recorder(options)
}

/** Where the story of a run can be read. */
function urlOfRun(destination: Destination, runId: string): string {
  const id = encodeURIComponent(runId)
  return destination.kind === 'server' ? `${destination.url}/v1/runs/${id}` : `urn:counterfoil:run:${id}`
}

import { createEventId } from '@counterfoil/schema/ids'
import { ActionNotRun } from '../action/action-not-run.ts'
import { RecorderError } from '../errors.ts'
import type { EventType } from '@counterfoil/schema'
import type { Recorded, StopOrder } from '../outbox/outbox.ts'
import type { RecorderCore } from '../recorder-core.ts'
import { activeTrace } from '../trace/open-telemetry.ts'
import { childOf, formatTraceparent, parseTraceparent, type TraceContext } from '../trace/trace-context.ts'
import { errorBody, reasonOfError } from '../wire/error-body.ts'
import { WatchedPromise } from '../watched-promise.ts'
import { failedAt, type Stage } from './failed-at.ts'
import { actorOf, identifyRun, type InheritedFields, type RunIdentity, type RunOptions } from './run-options.ts'

type End = 'run_completed' | 'run_failed' | 'run_cancelled'
type Fields = Readonly<Record<string, unknown>>

/** One run of this process: its order of events, its end, and what went wrong behind the caller's back. */
export class OpenRun {
  readonly id = createEventId()
  readonly url: string
  readonly core: RecorderCore
  readonly identity: RunIdentity
  /** The trace that it continues, where the caller handed one in; else that of the run around it. */
  readonly trace: TraceContext | undefined
  readonly #cancelled = new AbortController()
  readonly #closing = new AbortController()
  readonly #inFlight = new Set<Promise<unknown>>()
  readonly #unwatched = new Set<unknown>()
  #state: 'open' | 'ending' | 'ended' = 'open'
  #seq = 0
  #stop: StopOrder | undefined
  #problem: RecorderError | undefined

  constructor(core: RecorderCore, options: RunOptions, around: { run: OpenRun; causationId?: string } | undefined) {
    this.core = core
    this.url = core.urlOfRun(this.id)
    const parent = around?.run.inherited
    this.identity = identifyRun(this.id, options, parent, core)
    const given = parseTraceparent(options.traceparent)
    this.trace = given === undefined ? parent?.trace : childOf(given)
    this.record('run_created', { ...this.identity.created, causation_id: around?.causationId })
    core.runOpened(this)
  }

  get inherited(): InheritedFields {
    return { ...this.identity, trace: this.trace }
  }

  /** `traceparent` for calls to other systems: that of the active span, else the run's own. */
  get traceparent(): string | undefined {
    const trace = activeTrace() ?? this.trace
    return trace && formatTraceparent(trace)
  }

  get isOpen(): boolean {
    return this.#state === 'open'
  }

  /** Aborts when the run is cancelled or a person stops it. */
  get signal(): AbortSignal {
    return this.#cancelled.signal
  }

  /** Aborts when nothing more may begin: the run failed, was cancelled, or was stopped. */
  get closing(): AbortSignal {
    return this.#closing.signal
  }

  get stop(): StopOrder | undefined {
    return this.#stop
  }

  /** What went wrong with an event that nobody waited for. */
  get problem(): RecorderError | undefined {
    return this.#problem
  }

  /** What is recorded after the end of the run stands in the log as late. @throws what the outbox throws */
  record(type: EventType, fields: Fields): Recorded {
    const trace = activeTrace() ?? this.trace
    const recorded = this.core.outbox.record({
      ...fields,
      event_type: type,
      run_id: this.id,
      run_seq: this.#seq,
      trace_id: trace?.traceId,
      span_id: trace?.spanId,
    })
    this.#seq += 1
    return recorded
  }

  /** As `record`, for what begins now. @throws RecorderError `run_ended`, and what the outbox throws */
  recordNew(type: EventType, fields: Fields): Recorded {
    if (this.#state !== 'open') {
      throw new RecorderError('run_ended', `Run ${this.id} has ended: ${type} was not recorded.`)
    }
    return this.record(type, fields)
  }

  /** Something of this run that takes time: the end of the run waits for it, and a failure that nobody asks for fails it. */
  track<T>(work: () => Promise<T>): Promise<T> {
    const around = this.core.context.getStore()
    const promise = this.core.context.run({ run: this, ...around, inside: [...(around?.inside ?? []), this] }, work)
    this.#inFlight.add(promise)
    const forget = (): void => void this.#inFlight.delete(promise)
    promise.then(forget, forget)
    return new WatchedPromise(
      promise,
      (error) => {
        if (this.#state === 'ended') this.core.tellProblem(unwatchedError(error), this.id)
        else this.#unwatched.add(error)
      },
      (error) => void this.#unwatched.delete(error),
    )
  }

  /** Resolves when nothing of it is under way. */
  async idle(): Promise<void> {
    while (this.#inFlight.size > 0) await Promise.allSettled(this.#inFlight)
  }

  noteProblem(error: RecorderError): void {
    this.#problem ??= error
  }

  noteStop(stop: StopOrder): void {
    this.#stop ??= stop
    this.#closing.abort()
    this.#cancelled.abort()
  }

  /** For ends of the run that nobody awaits: what goes wrong with them is told. */
  watchEnd(end: Promise<void>): Promise<void> {
    return new WatchedPromise(
      end,
      (error) => this.core.tellProblem(unwatchedError(error), this.id),
      () => undefined,
    )
  }

  /** @throws the first failure that nobody asked for, and what went wrong with the run's events */
  async complete(fields: Fields): Promise<void> {
    await this.#settle()
    const [failure] = this.#unwatched
    this.#unwatched.delete(failure)
    if (failure !== undefined) {
      await this.#end(...endOfFailure(failure, this.#stop)).catch(() => undefined)
      // oxlint-disable-next-line typescript/only-throw-error -- what the integrator's function threw, unchanged
      throw failure
    }
    // What the integrator made of the refusals does not matter: a person stopped it.
    if (this.#stop === undefined) await this.#end('run_completed', { result: 'success', ...fields })
    else await this.#end(...endOfStop(this.#stop))
    if (this.#problem !== undefined) throw this.#problem
  }

  async fail(error: unknown, fields: Fields = {}): Promise<void> {
    this.#closing.abort()
    await this.#settle()
    this.#unwatched.delete(error)
    const [type, derived] = endOfFailure(error, this.#stop)
    await this.#end(type, { ...derived, ...fields })
  }

  async cancel(fields: Fields): Promise<void> {
    this.#closing.abort()
    this.#cancelled.abort()
    await this.#settle()
    await this.#end('run_cancelled', { result: 'cancelled', ...fields })
  }

  async #settle(): Promise<void> {
    if (this.#state !== 'open') throw new RecorderError('run_ended', `Run ${this.id} has ended already.`)
    if (this.core.context.getStore()?.inside?.includes(this) === true) {
      throw new RecorderError(
        'wrong_order',
        `Run ${this.id} cannot end inside of one of its actions: it would wait for itself.`,
      )
    }
    this.#state = 'ending'
    await this.idle()
    // Failures that nobody asked for are known one turn later.
    await new Promise((resolve) => {
      setImmediate(resolve)
    })
  }

  async #end(type: End, fields: Fields): Promise<void> {
    try {
      const actor = actorOf(this.identity.agent)
      const recorded = this.record(type, { actor, ...fields })
      this.#state = 'ended'
      await recorded.spooled
    } finally {
      this.#state = 'ended'
      this.core.runEnded(this)
      // One failure is thrown or is why the run fails; nobody else tells of the others.
      for (const failure of this.#unwatched) this.core.tellProblem(unwatchedError(failure), this.id)
      this.#unwatched.clear()
    }
  }
}

/** How a run ends that could not go on because of an error. What a person stopped was cancelled, not failed. */
function endOfFailure(error: unknown, stop: StopOrder | undefined): [End, Fields] {
  if (stop !== undefined) return endOfStop(stop)
  const stage: Stage = failedAt(error)
  return [
    'run_failed',
    {
      failed_at: stage,
      result: error instanceof ActionNotRun ? 'denied' : 'failure',
      reason_code: reasonOfError(error),
      payload: { error: errorBody(error) },
    },
  ]
}

function endOfStop({ actorId, reasonCode = 'run_stopped' }: StopOrder): [End, Fields] {
  return ['run_cancelled', { actor: { type: 'human', id: actorId }, result: 'cancelled', reason_code: reasonCode }]
}

function unwatchedError(error: unknown): RecorderError {
  return error instanceof RecorderError
    ? error
    : new RecorderError('action_ended', 'An action failed, and nobody waited for it.', {
        cause: error,
      })
}

import type { OpenRun } from '../run/open-run.ts'
import { markStage } from '../run/failed-at.ts'
import { toId } from '../wire/envelope-words.ts'
import { errorBody, messageOf, reasonOfError } from '../wire/error-body.ts'
import { toReference, toSources, type Source } from '../wire/reference.ts'
import { shownJson } from '../wire/shown-json.ts'
import { ActionNotRun } from './action-not-run.ts'
import type { CallOptions, Declared } from './declaration.ts'
import { prepareParameters, type snapshot } from './prepare-parameters.ts'
import { refusalSentence, type Refusal } from './refusal.ts'
import { createEventId } from '@counterfoil/schema/ids'

/** A read that nothing guards needs no proposal: it is context, and one event tells it. */
export function isPlainRead({ plan }: Declared, options: CallOptions): boolean {
  const checks = Object.keys({ ...plan.checks, ...options.checks })
  return plan.effect === 'read' && checks.length === 0 && (plan.requires ?? []).length === 0
}

/** Reads, and records what was read, from where, and what came of it. */
export async function readThrough(
  run: OpenRun,
  { type, input, plan, run: read }: Declared,
  taken: ReturnType<typeof snapshot>,
  options: CallOptions,
  isLate: boolean,
): Promise<unknown> {
  const id = createEventId()
  const tool = { name: toId(plan.tool ?? type) ?? type, call_id: toId(options.callId) }
  const prepared = 'copy' in taken ? await prepareParameters(taken.copy, input) : taken
  const parameters = prepared.json
  const refuse = ({ code, why }: Refusal, payload: object): ActionNotRun => {
    run.record('retrieval_completed', {
      tool,
      result: 'denied',
      reason_code: code,
      payload: { parameters, ...payload },
    })
    return new ActionNotRun(code, refusalSentence(type, { code, why }), {
      actionId: id,
      runId: run.id,
      runUrl: run.url,
    })
  }
  if ('issues' in prepared) {
    const why = `its parameters do not fit: ${prepared.issues.map(({ pointer, message }) => `${pointer} ${message}`.trim()).join('; ')}`
    throw refuse({ code: 'parameters_invalid', why }, { issues: prepared.issues })
  }
  if (run.stop !== undefined) throw refuse({ code: 'run_stopped', why: `${run.stop.actorId} stopped the run` }, {})
  if (run.core.closing.aborted) throw refuse({ code: 'recorder_closed', why: 'the recorder is being closed' }, {})
  if (isLate) throw refuse({ code: 'run_ended', why: 'its run has ended' }, {})
  const { value } = prepared
  const { traceparent } = run
  const signal = options.signal === undefined ? run.signal : AbortSignal.any([run.signal, options.signal])
  const context = {
    idempotencyKey: options.idempotencyKey ?? id,
    signal,
    actionId: id,
    runId: run.id,
    attempt: options.attempt ?? 1,
    ...(traceparent !== undefined && { traceparent }),
  }
  let result: unknown
  try {
    result = await read(value, context)
  } catch (error) {
    markStage(error, 'retrieval')
    const reason = reasonOfError(error)
    run.record('retrieval_completed', {
      tool,
      result: 'failure',
      reason_code: reason,
      payload: { parameters, error: errorBody(error) },
    })
    throw error
  }
  const { target, sources, problem } = describeRead(plan, value, result, options)
  run.record('retrieval_completed', {
    tool,
    target,
    sources: toSources(sources),
    result: 'success',
    payload: { parameters, result: plan.keepResult === false ? undefined : shownJson(result), problem },
  })
  return result
}

/** What was read, by reference. The answer is there already: a declaration that does not fit it costs the reference only. */
function describeRead(
  plan: Declared['plan'],
  value: unknown,
  result: unknown,
  options: CallOptions,
): { target?: object | undefined; sources: Source[]; problem?: string } {
  const given = options.sources ?? []
  try {
    const target = plan.target?.(value)
    const sources = [...(plan.sources?.(result, value) ?? (target === undefined ? [] : [target])), ...given]
    return { target: target === undefined ? undefined : toReference(target), sources }
  } catch (error) {
    return { sources: [...given], problem: messageOf(error) }
  }
}

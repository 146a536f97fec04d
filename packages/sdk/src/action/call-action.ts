import { seekApproval, type Approved } from '../approval/seek-approval.ts'
import { RecorderError } from '../errors.ts'
import type { RecorderCore } from '../recorder-core.ts'
import type { OpenRun } from '../run/open-run.ts'
import { WatchedPromise } from '../watched-promise.ts'
import { toCode } from '../wire/envelope-words.ts'
import { runOf, type CallOptions, type Declared } from './declaration.ts'
import { changesSomething, executeAction, type Execution } from './execute-action.ts'
import { snapshot } from './prepare-parameters.ts'
import { proposeAction, type Proposed } from './propose-action.ts'
import { isPlainRead, readThrough } from './read-through.ts'

/** A call of a declared action: proposed, checked, approved where a check asks, executed, each on record. */
export function callAction(
  core: RecorderCore,
  declared: Declared,
  parameters: unknown,
  options: CallOptions,
): Promise<unknown> {
  const run = options.run === undefined ? core.context.getStore()?.run : runOf(options.run)
  if (run === undefined) {
    const message = `${declared.type} did not run: it was called outside of a run. Call it inside recorder.run(…), or pass { run }. Nothing was sent.`
    const tell = (error: unknown): void => core.tellProblem(error as RecorderError)
    return new WatchedPromise<never>(Promise.reject(new RecorderError('no_run', message)), tell, () => undefined)
  }
  // Before anything is awaited: the caller may change its object as soon as this returns.
  const taken = snapshot(parameters)
  const isLate = !run.isOpen
  return run.track(async () => {
    requireOwnWords(declared, options)
    if (isPlainRead(declared, options)) return readThrough(run, declared, taken, options, isLate)
    return callThrough(run, declared, await proposeAction(run, declared, taken, options), options, isLate)
  })
}

async function callThrough(
  run: OpenRun,
  declared: Declared,
  { action, refusal, edit }: Proposed,
  options: CallOptions,
  isLate: boolean,
): Promise<unknown> {
  if (refusal !== undefined) throw action.refuse(refusal)
  for (const [name, check] of Object.entries({ ...declared.plan.checks, ...options.checks })) {
    // Later checks are not asked about what an earlier one forbids.
    if ((await action.check(name, check)).enforced === 'blocked') break
  }
  let approved: Approved | undefined
  const { asking } = action
  if (asking.length > 0 && action.objection === undefined && !isLate) {
    const answer = await seekApproval(action, asking, edit)
    if ('refusal' in answer) throw action.refuse(answer.refusal)
    approved = answer
  }
  return executeAction(action, executionOf(run, declared, approved, isLate))
}

/**
 * What is said with a call adds to the declaration, and replaces nothing of it.
 *
 * @throws RecorderError `action_invalid`
 */
export function requireOwnWords({ type, plan }: Declared, { checks = {}, idempotencyKey }: CallOptions): void {
  for (const name of Object.keys(checks)) requireOwnCheck(type, plan, name)
  if (idempotencyKey === '') {
    throw new RecorderError('action_invalid', `${type}: an empty idempotency key names no attempt. Nothing was sent.`, {
      pointer: '/idempotencyKey',
    })
  }
}

/** A verdict in the place of a declared check would look like that check. @throws RecorderError `action_invalid` */
export function requireOwnCheck(type: string, plan: Declared['plan'], name: string): void {
  const declared = Object.keys(plan.checks ?? {}).find((each) => toCode(each) === toCode(name))
  if (declared === undefined) return
  throw new RecorderError(
    'action_invalid',
    `${type} declares the check ${declared}: it runs by itself, and no verdict can stand for it. Nothing was sent.`,
    { pointer: `/checks/${name}` },
  )
}

/** How a declared action is executed. */
export function executionOf(
  { core }: OpenRun,
  { plan, run }: Declared,
  approved: Approved | undefined,
  isLate: boolean,
): Execution {
  return {
    run,
    receipt: plan.receipt,
    failure: plan.failure,
    delivery: plan.delivery ?? (changesSomething(plan.effect) ? core.delivery : 'spool'),
    keepResult: plan.keepResult ?? true,
    approved,
    isLate,
  }
}

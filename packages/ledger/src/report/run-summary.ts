import type { ActionRow, RunRow } from '@counterfoil/store'
import type { ActionReport, RunSummary } from './run.ts'

const iso = (ms: number): string => new Date(ms).toISOString()

/** The list row of a run in its wire form. */
export function runSummary(run: RunRow): RunSummary {
  return {
    run_id: run.runId,
    status: run.status,
    outcome: run.outcome,
    ...(run.workflow !== undefined && {
      workflow: { name: run.workflow, ...(run.version !== undefined && { version: run.version }) },
    }),
    ...(run.environment !== undefined && { environment: run.environment }),
    ...(run.customerId !== undefined && { customer_id: run.customerId }),
    ...(run.triggerType !== undefined && {
      trigger: { type: run.triggerType, ...(run.triggerRef !== undefined && { ref: run.triggerRef }) },
    }),
    correlation_id: run.correlationId,
    ...(run.sessionId !== undefined && { session_id: run.sessionId }),
    ...(run.parentRunId !== undefined && { parent_run_id: run.parentRunId }),
    ...(run.actorType !== undefined && { actor: { type: run.actorType, id: run.actorId ?? '' } }),
    ...(run.model !== undefined && { model: run.model }),
    ...(run.producer !== undefined && { producer: run.producer }),
    started_at: iso(run.startedMs),
    ...(run.endedMs !== undefined && {
      ended_at: iso(run.endedMs),
      duration_ms: Math.max(0, run.endedMs - run.startedMs),
    }),
    events: run.events,
    actions: run.actions,
    first_index: run.firstIndex,
    last_index: run.lastIndex,
    grades: { ...run.answers },
    flags: [...run.flags],
    attributes: { ...run.attributes },
  }
}

/** The list row of an action in its wire form; its parameters are added by who has read its payload. */
export function actionReport(action: ActionRow): ActionReport {
  return {
    action_id: action.actionId,
    run_id: action.runId,
    type: action.type,
    effect_class: action.effectClass,
    ...(action.targetType !== undefined && { target: { type: action.targetType, id: action.targetId ?? '' } }),
    ...(action.tool !== undefined && { tool: action.tool }),
    ...(action.actorType !== undefined && { actor: { type: action.actorType, id: action.actorId ?? '' } }),
    outcome: action.outcome,
    edited: action.edited,
    attempts: action.attempts,
    started_at: iso(action.startedMs),
    checks: action.checks.map((check) => ({ ...check })),
    ...(action.approver !== undefined && { approver: action.approver }),
    ...(action.externalRef !== undefined && { external_ref: action.externalRef }),
    ...(action.reasonCode !== undefined && { reason_code: action.reasonCode }),
    first_index: action.firstIndex,
    last_index: action.lastIndex,
    flags: [...action.flags],
    attributes: { ...action.attributes },
  }
}

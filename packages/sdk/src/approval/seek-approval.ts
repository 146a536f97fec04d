import { createEventId, limits } from '@counterfoil/schema/ids'
import { durationWords } from '../duration.ts'
import type { Asking, OpenAction, SchemaOutcome, Subject } from '../action/open-action.ts'
import { askedWords, type Refusal } from '../action/refusal.ts'
import { withdrawalOf } from '../action/withdrawal.ts'
import { bindingDigest } from './binding.ts'
import type { ApprovalJournal } from './approval-journal.ts'
import type { ApprovalDecision, ApprovalRequest } from './approval-desk.ts'
import { jsonPatch } from './json-patch.ts'

/** A person's yes to the action as it is now: it can only be executed as it is, and only until then. */
export interface Approved {
  readonly expiresAt: Date
}

/** What an approver changed, judged as the first proposal was. */
export type Edit = (
  parameters: unknown,
) => Promise<{ readonly subject: Subject; readonly schema: SchemaOutcome | undefined } | { readonly refusal: Refusal }>

/**
 * Asks about an action, exactly as it would run: one person for each group that the checks name, one after the other. What
 * a person changes is validated and checked again; the rules that asked are satisfied by the approval, others are not.
 */
export async function seekApproval(
  action: OpenAction,
  asking: readonly Asking[],
  edit: Edit,
): Promise<Approved | { readonly refusal: Refusal }> {
  let expiresAt: Date | undefined
  for (const [position, group] of byWhomIsAsked(asking).entries()) {
    // What an edit has settled needs nobody any more.
    const open =
      position === 0 ? group : action.asking.filter(({ check }) => group.some((each) => each.check === check))
    if (open.length === 0) continue
    const before = action.subject
    const answer = await askOne(action, open, edit)
    if ('refusal' in answer) return answer
    if (position > 0 && action.subject !== before) {
      const why = `${askedWords(open)}, and what they changed is not what others had said yes to`
      return { refusal: { code: 'approval_mismatch', why } }
    }
    if (expiresAt === undefined || answer.expiresAt < expiresAt) expiresAt = answer.expiresAt
  }
  return { expiresAt: expiresAt ?? new Date() }
}

/** Whoever asks for no group in particular is content with the first that is asked. */
function byWhomIsAsked(asking: readonly Asking[]): readonly (readonly Asking[])[] {
  const first = asking.find(({ from }) => from !== undefined)?.from
  const whom = [...new Set(asking.map(({ from = first }) => from))]
  return whom.map((each) => asking.filter(({ from = first }) => from === each))
}

async function askOne(
  action: OpenAction,
  asking: readonly Asking[],
  edit: Edit,
): Promise<Approved | { readonly refusal: Refusal }> {
  const { core } = action.run
  const withinMs = Math.min(...asking.map((asked) => asked.withinMs ?? core.approvalWithinMs))
  const request = requestFor(action, asking, withinMs)
  const journal: ApprovalJournal = { record: (type, fields) => void action.record(type, { ...fields }) }
  const signal = AbortSignal.any([core.closing, action.run.closing, action.identity.signal])
  const decision = await core.desk.decide(request, journal, signal)
  const no =
    decision.decision === 'withdrawn'
      ? (withdrawalOf(action, false) ?? refusalOf({ decision: 'unavailable' }, asking, withinMs))
      : refusalOf(decision, asking, withinMs)
  if (no !== undefined) return { refusal: no }
  action.satisfy(asking)
  if (decision.decision === 'approved' && decision.parameters !== undefined) {
    const edited = await applyEdit(action, decision.parameters, decision.by, edit)
    if (edited !== undefined) return { refusal: edited }
  }
  return { expiresAt: request.expiresAt }
}

function requestFor(action: OpenAction, asking: readonly Asking[], withinMs: number): ApprovalRequest {
  const { run, identity, subject } = action
  const from = [...new Set(asking.flatMap((asked) => (asked.from === undefined ? [] : [asked.from])))].join(' and ')
  return {
    requestId: createEventId(),
    runId: run.id,
    runUrl: run.url,
    actionId: identity.id,
    action: identity.type,
    effect: identity.effect,
    ...(subject.target !== undefined && { target: subject.target }),
    parameters: subject.json,
    digest: bindingDigest({ type: identity.type, target: subject.target, parameters: subject.json }),
    reasons: asking.map(({ check, reason }) => ({ check, ...(reason !== undefined && { reason }) })),
    ...(from !== '' && { from: from.slice(0, limits.summaryCodePointsMax) }),
    expiresAt: new Date(Date.now() + withinMs),
  }
}

function refusalOf(
  decision: Exclude<ApprovalDecision, { decision: 'withdrawn' }>,
  asking: readonly Asking[],
  withinMs: number,
): Refusal | undefined {
  const rule = asking[0]?.check
  const base = rule === undefined ? {} : { rule }
  const asked = askedWords(asking)
  switch (decision.decision) {
    case 'approved':
      return undefined
    case 'rejected': {
      const reason = decision.reason === undefined ? '' : ` (${decision.reason})`
      return { ...base, code: 'approval_rejected', why: `${asked}, and ${decision.by} said no${reason}` }
    }
    case 'expired':
      return { ...base, code: 'approval_expired', why: `${asked}, nobody decided within ${durationWords(withinMs)}` }
    case 'unavailable': {
      const why = decision.cause === undefined ? 'and there is nobody to ask' : 'and asking failed'
      return { ...base, code: 'approval_unavailable', why: `${asked}, ${why}`, cause: decision.cause }
    }
  }
}

/** @returns why the changed action may not run */
async function applyEdit(
  action: OpenAction,
  parameters: unknown,
  by: string,
  edit: Edit,
): Promise<Refusal | undefined> {
  const before = action.subject
  const edited = await edit(parameters)
  if ('refusal' in edited) return edited.refusal
  const { subject } = edited
  const patch = jsonPatch(before.json, subject.json)
  if (patch.length === 0) return undefined
  action.record('decision_overridden', {
    actor: { type: 'human', id: by },
    target: subject.target,
    reason_code: 'edited_by_approver',
    payload: { patch, parameters: subject.json },
  })
  await action.checkAgain(subject, edited.schema)
  return undefined
}

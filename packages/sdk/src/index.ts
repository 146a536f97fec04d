export { createRecorder, type Recorder } from './create-recorder.ts'
export type { RecorderOptions, RecorderProblem } from './recorder-options.ts'
export type { Agent, Delivery } from './recorder-core.ts'
export { RecorderError, recorderErrorCodes, type RecorderErrorCode } from './errors.ts'
export { ActionNotRun } from './action/action-not-run.ts'
export { ref, type Ref, type Source } from './wire/reference.ts'
export type { Model } from './wire/envelope-words.ts'
export { deny, needsApproval, warn, type ApprovalAsked, type Denial, type Verdict, type Warning } from './verdict.ts'
export type { Duration } from './duration.ts'
export type {
  Action,
  ActionContext,
  ActionDeclaration,
  ActionPlan,
  CallOptions,
  Check,
  CheckContext,
  EffectClass,
  FailureVerdict,
  Receipt,
  Reversibility,
  WrapOptions,
} from './action/declaration.ts'
export type { CheckOutcome } from './action/open-action.ts'
export type { ApprovalAsk, ApprovalOutcome, DeclaredProposal, Proposal } from './action/proposal.ts'
export type { ApprovalDecision, ApprovalDesk, ApprovalRequest } from './approval/approval-desk.ts'
export type { ApprovalJournal } from './approval/approval-journal.ts'
export type { Approver, ApproverAnswer } from './approval/callback-desk.ts'
export type { InputFields, OverrideFields, ProposalFields, RetrievalFields, Run } from './run/run.ts'
export type { RunOptions, TriggerType } from './run/run-options.ts'
export type { Stage } from './run/failed-at.ts'
export type { RecordedEvent } from './run/recorded-event.ts'
export type { AnyEventDraft, EventDraft, LooseEventDraft, RecordableType } from './draft.ts'
export type { StandardSchema } from './standard-schema.ts'
export type {
  Confirmation,
  DraftEvent,
  Outbox,
  OutboxProblem,
  OutboxState,
  Recorded,
  StopOrder,
} from './outbox/outbox.ts'
export type { JsonInput } from './outbox/json-input.ts'

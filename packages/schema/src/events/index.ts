import { approvalCancelled } from './approval-cancelled.ts'
import { approvalExpired } from './approval-expired.ts'
import { approvalGranted } from './approval-granted.ts'
import { approvalRejected } from './approval-rejected.ts'
import { approvalRequested } from './approval-requested.ts'
import { configChanged } from './config-changed.ts'
import { decisionOverridden } from './decision-overridden.ts'
import { decisionProposed } from './decision-proposed.ts'
import { effectObserved } from './effect-observed.ts'
import { eventRefused } from './event-refused.ts'
import { exportCreated } from './export-created.ts'
import { findingTriaged } from './finding-triaged.ts'
import { gapDetected } from './gap-detected.ts'
import { gapHealed } from './gap-healed.ts'
import { holdPlaced } from './hold-placed.ts'
import { holdReleased } from './hold-released.ts'
import { inputResolved } from './input-resolved.ts'
import { logRecovered } from './log-recovered.ts'
import { payloadErased } from './payload-erased.ts'
import { payloadViewed } from './payload-viewed.ts'
import { producerHeartbeat } from './producer-heartbeat.ts'
import { producerStarted } from './producer-started.ts'
import { producerStopped } from './producer-stopped.ts'
import { retentionApplied } from './retention-applied.ts'
import { retrievalCompleted } from './retrieval-completed.ts'
import { runCancelled } from './run-cancelled.ts'
import { runCompleted } from './run-completed.ts'
import { runCreated } from './run-created.ts'
import { runFailed } from './run-failed.ts'
import { sideEffectApplied } from './side-effect-applied.ts'
import { sideEffectBlocked } from './side-effect-blocked.ts'
import { sideEffectReverted } from './side-effect-reverted.ts'
import { sideEffectUnknown } from './side-effect-unknown.ts'
import { toolCalled } from './tool-called.ts'
import { toolCompleted } from './tool-completed.ts'
import { validationFailed } from './validation-failed.ts'
import { validationPassed } from './validation-passed.ts'

/** Every event type that this version writes, in the order of the design. The first fourteen are never renamed. */
export const eventDefinitions = [
  runCreated,
  runCompleted,
  runFailed,
  inputResolved,
  retrievalCompleted,
  decisionProposed,
  validationPassed,
  validationFailed,
  approvalRequested,
  approvalGranted,
  approvalRejected,
  toolCalled,
  sideEffectApplied,
  sideEffectBlocked,
  runCancelled,
  decisionOverridden,
  approvalExpired,
  approvalCancelled,
  toolCompleted,
  sideEffectUnknown,
  sideEffectReverted,
  effectObserved,
  producerStarted,
  producerHeartbeat,
  producerStopped,
  gapDetected,
  gapHealed,
  eventRefused,
  payloadErased,
  payloadViewed,
  exportCreated,
  holdPlaced,
  holdReleased,
  retentionApplied,
  configChanged,
  findingTriaged,
  logRecovered,
] as const

/** Known types that come with later parts of the product; nobody may send them. */
export const reservedTypes = ['approval_consumed', 'effect_compared', 'key_changed', 'access_changed'] as const

export type EventType = (typeof eventDefinitions)[number]['type']

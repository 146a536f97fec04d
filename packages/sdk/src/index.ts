export { RecorderError, recorderErrorCodes, type RecorderErrorCode } from './errors.ts'
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

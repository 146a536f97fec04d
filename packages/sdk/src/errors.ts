/** Every reason for which the recorder refuses or gives up. Codes are never renamed. */
export const recorderErrorCodes = [
  // how the recorder is used
  'options_invalid',
  'action_invalid',
  'parameters_invalid',
  'payload_invalid',
  'no_run',
  'run_ended',
  'action_ended',
  'wrong_order',
  'recorder_closed',
  // the way to the log
  'log_unreachable',
  'key_refused',
  'event_refused',
  'spool_full',
  'spool_unwritable',
  'spool_damaged',
  'ledger_missing',
  // the log is not what it was
  'log_rolled_back',
  'log_rewritten',
  'log_replaced',
  // an action that did not run
  'check_failed',
  'check_missing',
  'approval_missing',
  'approval_unavailable',
  'approval_rejected',
  'approval_expired',
  'approval_mismatch',
  'run_stopped',
  'action_cancelled',
  // an action that ran
  'receipt_failed',
] as const

export type RecorderErrorCode = (typeof recorderErrorCodes)[number]

/** What the recorder throws: a sentence that says what happened, what is safe, and what to do. */
export class RecorderError extends Error {
  override readonly name: string = 'RecorderError'
  readonly code: RecorderErrorCode
  /** JSON Pointer of the offending field, where there is one. */
  declare readonly pointer?: string

  constructor(code: RecorderErrorCode, message: string, options: { cause?: unknown; pointer?: string } = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause })
    this.code = code
    if (options.pointer !== undefined) this.pointer = options.pointer
  }
}

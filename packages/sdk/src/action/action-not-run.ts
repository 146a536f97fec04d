import { RecorderError, type RecorderErrorCode } from '../errors.ts'

/** An action was refused: its function was not called, and nothing happened in the outside world. */
export class ActionNotRun extends RecorderError {
  override readonly name = 'ActionNotRun'
  /** What became of the effect: nothing, always. */
  readonly effect = 'none'
  /** The check that stood in the way, where one did. */
  declare readonly rule?: string
  readonly actionId: string
  readonly runId: string
  /** Where the story of the run can be read. */
  readonly runUrl: string

  constructor(
    code: RecorderErrorCode,
    message: string,
    place: { actionId: string; runId: string; runUrl: string; rule?: string | undefined; cause?: unknown },
  ) {
    super(code, message, place.cause === undefined ? {} : { cause: place.cause })
    this.actionId = place.actionId
    this.runId = place.runId
    this.runUrl = place.runUrl
    if (place.rule !== undefined) this.rule = place.rule
  }
}

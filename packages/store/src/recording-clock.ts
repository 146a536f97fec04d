import { limits } from '@counterfoil/schema'
import { StoreError } from './errors.ts'

/**
 * What `recorded_at` an entry gets at `clockMs`, in a log whose newest entry has `recordedMs`: it never decreases. A clock
 * that is set back a little stands still in the log until it has caught up.
 *
 * @throws StoreError `clock_behind` when it is further back than that: every time in the log would be wrong from then on
 */
export function recordingMs(clockMs: number, recordedMs: number): number {
  if (isClockBehind(clockMs, recordedMs)) {
    throw new StoreError(
      'clock_behind',
      `The clock of this machine says ${new Date(clockMs).toISOString()}, but the log has an entry that was recorded at ${new Date(recordedMs).toISOString()}. Nothing was stored. Set the clock right; if it was ahead when that entry was recorded, "counterfoil recover --accept-loss" goes on in a successor log.`,
    )
  }
  return Math.max(clockMs, recordedMs)
}

/** Whether a log cannot take entries at this time; see {@link recordingMs}. */
export function isClockBehind(clockMs: number, recordedMs: number): boolean {
  return recordedMs - clockMs > limits.clockSkewMsMax
}

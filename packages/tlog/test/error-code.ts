import { TlogError } from '../src/errors.ts'

/** The code with which a call refuses, or `accepted`. Errors that are not ours pass through and fail the test. */
export function codeOf(call: () => unknown): string {
  try {
    call()
    return 'accepted'
  } catch (error) {
    if (error instanceof TlogError) return error.code
    throw error
  }
}

import { exitCodeOf, type ExitCode } from './exit-codes.ts'

export interface CliErrorOptions extends ErrorOptions {
  /** What to do, one step a line. */
  readonly advice?: string
  readonly exitCode?: ExitCode
}

/** An end with a stable code: what happened and what is safe in the message, what to do in the advice. */
export class CliError extends Error {
  override readonly name = 'CliError'
  /** Our own (`usage`, `file_not_found`, `server_unreachable`, …), or one that a server answered. */
  readonly code: string
  readonly advice: string | undefined
  readonly exitCode: ExitCode

  constructor(code: string, message: string, options: CliErrorOptions = {}) {
    super(message, options)
    this.code = code
    this.advice = options.advice
    this.exitCode = options.exitCode ?? exitCodeOf(code)
  }
}

export function usageError(message: string, advice?: string): CliError {
  return new CliError('usage', message, advice === undefined ? {} : { advice })
}

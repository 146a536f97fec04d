import type { Problem } from '@counterfoil/schema/query'
import { CliError } from './cli-error.ts'
import { exitCodeOf, exitCodes, type ExitCode } from './exit-codes.ts'
import { visibleText } from './terminal/visible-text.ts'

/** What to do about errors that come from below. Their messages say what happened and what is safe. */
const advice: ReadonlyMap<string, string> = new Map([
  [
    'data_in_use',
    'A server is talked to with --url and a key in COUNTERFOIL_API_KEY. Reading works beside it with --data too.',
  ],
  ['run_unknown', "Look for it: counterfoil search ''"],
  ['event_unknown', 'Event ids stand in: counterfoil explain <run> --timeline'],
  ['unauthenticated', 'Set COUNTERFOIL_API_KEY to a key of this log. Keys are made by: counterfoil keys create'],
  ['scope_missing', 'Use a key with that scope: counterfoil keys create --scope <scope>'],
  ['rollback_detected', 'See what is wrong: counterfoil verify'],
])

interface Ending {
  readonly code: string
  readonly message: string
  readonly advice: string | undefined
  readonly exitCode: ExitCode
  readonly problems: readonly Problem[]
}

function endingOf(error: unknown): Ending {
  const { code, message } = error as { code?: unknown; message?: unknown }
  const known =
    error instanceof Error &&
    /^(LedgerError|StoreError|ConfigError|TlogError|ActionMapError|EventError)$/.test(error.name)
  if (error instanceof CliError) {
    return {
      code: error.code,
      message: error.message,
      advice: error.advice ?? advice.get(error.code),
      exitCode: error.exitCode,
      problems: problemsOf(error.cause),
    }
  }
  if (known && typeof code === 'string') {
    return {
      code,
      message: error.message,
      advice: advice.get(code),
      exitCode: exitCodeOf(code),
      problems: problemsOf(error),
    }
  }
  const text =
    error instanceof Error
      ? process.env['COUNTERFOIL_DEBUG'] === '1'
        ? error.stack
        : error.message
      : String(message ?? error)
  return {
    code: 'internal_error',
    message: `Something went wrong inside: ${text ?? ''}. What was acknowledged before is safe.`,
    advice: 'Try again with COUNTERFOIL_DEBUG=1 to see where.',
    exitCode: exitCodes.error,
    problems: [],
  }
}

function problemsOf(holder: unknown): readonly Problem[] {
  const { problems } = (holder ?? {}) as { problems?: unknown }
  return Array.isArray(problems) ? (problems as Problem[]) : []
}

/** Tells on standard error what happened, what is safe, and what to do; gives the exit code. */
export function reportError(error: unknown, options: { json: boolean }): ExitCode {
  const ending = endingOf(error)
  if (options.json) {
    const { code, message, exitCode } = ending
    process.stderr.write(`${JSON.stringify({ error: { code, message, exit_code: exitCode } })}\n`)
    return ending.exitCode
  }
  // Line by line: our own line ends stay, what came from elsewhere is made visible.
  const [first = '', ...others] = ending.message.split('\n').map(visibleText)
  const lines = [
    `error: ${first} [${ending.code}]`,
    ...others.map((line) => `  ${line}`),
    ...ending.problems.slice(1).map((problem) => `  also: ${visibleText(problem.message)}`),
    ...(ending.advice ?? '').split('\n').flatMap((line) => (line === '' ? [] : [`  ${line}`])),
  ]
  process.stderr.write(`${lines.join('\n')}\n`)
  return ending.exitCode
}

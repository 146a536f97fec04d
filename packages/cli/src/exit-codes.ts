/** What the program ends with; the table in `docs/reference/cli.md` is kept equal by a test. */
export const exitCodes = {
  ok: 0,
  error: 1,
  usage: 2,
  verificationFailed: 3,
  couldNotVerify: 4,
  notFound: 5,
  notAllowed: 6,
} as const

export type ExitCode = (typeof exitCodes)[keyof typeof exitCodes]

const byCode: ReadonlyMap<string, ExitCode> = new Map([
  ...[
    'usage',
    'query_invalid',
    'limit_invalid',
    'cursor_invalid',
    'scope_invalid',
    'run_ambiguous',
    'config_invalid',
    'field_invalid',
  ].map((code) => [code, exitCodes.usage] as const),
  // The guards at start are verifications too: the log that is there is not the log that was.
  ...['rollback_detected', 'head_mismatch'].map((code) => [code, exitCodes.verificationFailed] as const),
  ...['log_unknown', 'run_unknown', 'event_unknown', 'not_found', 'api_key_unknown', 'file_not_found'].map(
    (code) => [code, exitCodes.notFound] as const,
  ),
  ...['unauthenticated', 'scope_missing', 'log_forbidden', 'type_reserved', 'type_not_permitted'].map(
    (code) => [code, exitCodes.notAllowed] as const,
  ),
])

/** The exit code for the stable code of an error. */
export function exitCodeOf(code: string): ExitCode {
  return byCode.get(code) ?? exitCodes.error
}

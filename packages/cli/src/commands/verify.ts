import { TlogError } from '@counterfoil/tlog'
import { createVerifier } from '@counterfoil/tlog/node'
import { Command } from 'commander'
import { CliError } from '../cli-error.ts'
import { exitCodes } from '../exit-codes.ts'
import { addOutputOptions, addPlaceOptions, type OutputOptions, type PlaceOptions } from '../options.ts'
import { openSource } from '../source/open-source.ts'
import type { Source, Verification } from '../source/source.ts'
import { createPaper, type Paper } from '../terminal/paper.ts'
import { countText, createProgress, howFar } from '../terminal/progress.ts'
import { visibleText } from '../terminal/visible-text.ts'
import { padText, textWidth } from '../terminal/width.ts'

interface VerifyOptions extends PlaceOptions, OutputOptions {
  readonly vkey?: string
}

export function createVerifyCommand(): Command {
  const command = new Command('verify')
    .summary('check that the log is whole and unchanged')
    .description(
      'Checks a log from its stored bytes: hashes every entry again, rebuilds tiles and root, checks every signed checkpoint, opens every payload or finds its erasure, rebuilds the projections, and compares with what this machine remembers. With --url it fetches the entries and checks tree and signature without trusting the server.',
    )
    .option('--vkey <key>', 'the verifier key that you expect, from a place that the log cannot change')
  addOutputOptions(addPlaceOptions(command))
  return command
    .addHelpText(
      'after',
      `\nExit codes: 0 all checks passed, 3 a check failed (it is named, with the first bad entry), 4 it could not be verified.\n\nExamples:\n  counterfoil verify\n  counterfoil verify --json\n  counterfoil verify --url http://127.0.0.1:7717 --vkey 'example.com/log+1a2b3c4d+AZ…'`,
    )
    .action(verify)
}

async function verify(options: VerifyOptions): Promise<void> {
  if (options.vkey !== undefined) checkKeyText(options.vkey)
  const result = await attempt(options)
  const paper = createPaper(options)
  if (!result.ok) process.exitCode = exitCodes.verificationFailed
  if (options.json === true) return paper.json(result)
  for (const line of reportLines(result, paper)) paper.line(line)
}

/** A key with a typing error says nothing about the log. */
function checkKeyText(vkey: string): void {
  try {
    createVerifier(vkey.trim())
  } catch (error) {
    if (!(error instanceof TlogError)) throw error
    throw new CliError('could_not_verify', `--vkey is no verifier key (${error.message}). Nothing was checked.`, {
      cause: error,
      exitCode: exitCodes.couldNotVerify,
      advice: 'It looks like: example.com/log+1a2b3c4d+AZ…',
    })
  }
}

/** What keeps us from looking is not a failed verification: it gets its own exit code. */
async function attempt(options: VerifyOptions): Promise<Verification> {
  let source: Source | undefined
  const progress = createProgress()
  try {
    source = await openSource(options)
    const result = await source.verify({
      onProgress: (done, total) => progress.show(`verifying: ${howFar(done, total, 'entries')}`),
    })
    return options.vkey === undefined ? result : withKeyCheck(result, options.vkey.trim(), (await source.report()).vkey)
  } catch (error) {
    const { code, message } = error as { code?: unknown; message?: string }
    if (isSayable(code)) throw error
    throw new CliError('could_not_verify', `The log could not be verified: ${message ?? 'unknown'}`, {
      cause: error,
      exitCode: exitCodes.couldNotVerify,
      advice: typeof code === 'string' ? `What stood in the way: ${code}.` : '',
    })
  } finally {
    progress.end()
    await source?.[Symbol.asyncDispose]()
  }
}

/** Mistakes of the call, and refusals of a server, keep their own exit codes. */
function isSayable(code: unknown): boolean {
  return (
    typeof code === 'string' &&
    ['usage', 'log_unknown', 'unauthenticated', 'scope_missing', 'log_forbidden'].includes(code)
  )
}

function withKeyCheck(result: Verification, expected: string, actual: string): Verification {
  const ok = expected === actual
  const check = {
    name: 'verifier key',
    ok,
    count: 1,
    ...(!ok && { first_bad: actual, note: 'the log signs with this key, not with the one that you expect' }),
  }
  return { ...result, ok: result.ok && ok, checks: [...result.checks, check] }
}

function reportLines({ ok, size, root, checks, unchecked }: Verification, paper: Paper): string[] {
  const names = checks.map(({ name }) => visibleText(name))
  const width = Math.max(...names.map(textWidth))
  const counts = checks.map(({ count }) => countText(count))
  const countWidth = Math.max(...counts.map(textWidth))
  const lines = checks.map((check, at) => {
    const said = [check.first_bad, check.note].filter((part) => part !== undefined).join(': ')
    const mark = check.ok ? 'ok' : paper.style('red', '!!')
    return `${mark}  ${padText(names[at] ?? '', width)}  ${(counts[at] ?? '').padStart(countWidth)}  ${visibleText(said)}`.trimEnd()
  })
  const bad = checks.filter((check) => !check.ok)
  const conclusion = ok
    ? `OK: ${countText(size)} entries, root ${root}`
    : `FAILED: ${bad.map(({ name }) => visibleText(name)).join(', ')}. The log holds ${countText(size)} entries.`
  return [
    ...lines,
    ...(unchecked ?? []).map((what) => `--  not checked: ${what}`),
    ok ? conclusion : paper.style(['red', 'bold'], conclusion),
  ]
}

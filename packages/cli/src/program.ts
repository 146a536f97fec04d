import { readFileSync } from 'node:fs'
import { Command, CommanderError } from 'commander'
import { commands } from './commands/index.ts'
import { usageError } from './cli-error.ts'
import { exitCodes } from './exit-codes.ts'
import { reportError } from './report-error.ts'

/** @param options `json` keeps commander from writing its own words about a wrong call to standard error */
export function createProgram(options: { json?: boolean } = {}): Command {
  const program = new Command('counterfoil')
    .configureOutput(options.json === true ? { writeErr: () => undefined } : {})
    .description('What exactly did the agent do? An audit log for AI agents that anyone can check.')
    .version(readVersion(), '-V, --version')
    .addHelpText(
      'after',
      `\nFirst steps:\n  counterfoil serve                     start a server on ./counterfoil-data\n  counterfoil import openai-chat FILE   or take over transcripts\n  counterfoil search ''                 list runs\n  counterfoil explain RUN               what exactly did it do?\n  counterfoil verify                    is the log whole and unchanged?\n\nReading verbs take --data DIR (also beside a running server) or --url URL with a key.\nExit codes: 0 ok, 1 error, 2 usage, 3 verification failed, 4 could not verify, 5 not found, 6 not allowed.`,
    )
    .showHelpAfterError('(--help shows how)')
    .exitOverride()
  for (const create of commands) program.addCommand(inheritSettings(create(), program))
  return program
}

/** Commands that are made elsewhere take over how errors and help are shown, and so do theirs. */
function inheritSettings(command: Command, parent: Command): Command {
  command.copyInheritedSettings(parent)
  for (const child of command.commands) inheritSettings(child, command)
  return command
}

function readVersion(): string {
  const manifest = JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8')) as { version: string }
  return manifest.version
}

/** Runs the program on its arguments; leaves the exit code in `process.exitCode`. */
export async function runProgram(args: readonly string[]): Promise<void> {
  const json = args.includes('--json')
  // Whoever reads us may stop reading, as head does: that is no error.
  process.stdout.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code === 'EPIPE') process.exit()
    throw error
  })
  try {
    await createProgram({ json }).parseAsync(keepQueries(args), { from: 'user' })
  } catch (error) {
    if (!(error instanceof CommanderError)) process.exitCode = reportError(error, { json })
    else if (error.exitCode === 0) process.exitCode = exitCodes.ok
    else if (json) process.exitCode = reportError(usageError(error.message.replace(/^error: /, '')), { json })
    else process.exitCode = exitCodes.usage
  }
}

const queryVerbs = ['search', 'tail']
const bareOptions = ['--json', '--plain', '--ascii']

/**
 * A query may begin with a minus (`-has:approval`), which an option parser takes for options. These verbs have no short
 * option but `-h`; a space in front says that it is none, and means nothing in a query.
 */
function keepQueries(args: readonly string[]): string[] {
  if (!queryVerbs.includes(args[0] ?? '')) return [...args]
  return args.map((arg, at) => {
    const before = args[at - 1] ?? ''
    const isValue = before.startsWith('--') && !bareOptions.includes(before)
    return /^-[^-]/.test(arg) && arg !== '-h' && !isValue ? ` ${arg}` : arg
  })
}

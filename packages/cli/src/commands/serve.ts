import { resolve } from 'node:path'
import { Command } from 'commander'
import type { RunningServer } from '@counterfoil/server'
import { CliError } from '../cli-error.ts'
import { addOutputOptions, defaultData, wholeNumber, type OutputOptions } from '../options.ts'
import { createPaper } from '../terminal/paper.ts'
import { waitForStop } from '../wait-for-stop.ts'

interface ServeOptions extends OutputOptions {
  readonly data?: string
  readonly log?: string
  readonly host?: string
  readonly port?: number
  readonly publicUrl?: string
}

export function createServeCommand(): Command {
  const command = new Command('serve')
    .summary('start the server')
    .description(
      'Serves a data directory over HTTP, until Ctrl-C or SIGTERM. The first start makes the directory, a log, its signing key and an admin key, which is shown this one time.',
    )
    .option('--host <host>', 'address to listen on (default: 127.0.0.1, this machine alone)')
    .option('--port <port>', 'port; 0 takes any free one (default: 7717)', wholeNumber(0, 65_535))
    .option('--public-url <url>', 'how clients reach the server, where it stands behind a proxy')
    .option('--data <dir>', `data directory (default: ${defaultData})`)
    .option('--log <name>', 'name of the log that the first start makes (default: main)')
  addOutputOptions(command)
  return command
    .addHelpText(
      'after',
      `\nWith --json, one line when ready: {"url","data","admin_key"}; the key at the first start only.\nFurther settings are environment variables: see docs/reference/cli.md.\n\nExamples:\n  counterfoil serve\n  counterfoil serve --data /var/lib/counterfoil --port 8080\n  counterfoil serve --json --port 0`,
    )
    .action(serve)
}

async function serve(options: ServeOptions): Promise<void> {
  const { readConfig, startServer } = await import('@counterfoil/server')
  const fromEnvironment = readConfig({ COUNTERFOIL_LOG_LEVEL: 'warn', ...process.env })
  const stopped = waitForStop()
  await using server = await startServer({
    ...fromEnvironment,
    data: resolve(options.data ?? defaultData),
    ...(options.host !== undefined && { host: options.host }),
    ...(options.port !== undefined && { port: options.port }),
    ...(options.log !== undefined && { firstLog: options.log }),
    ...(options.publicUrl !== undefined && { publicUrl: options.publicUrl }),
  }).catch(explainPort)
  announce(server, options)
  const signal = await stopped
  if (options.json !== true)
    process.stderr.write(`\n${signal}: finishing what was begun, then stopping (again to stop at once)\n`)
}

/** The one mistake of a setting that is none of the caller's: somebody else was there first. */
function explainPort(error: unknown): never {
  const { code, message } = error as { code?: unknown; message: string }
  if (code !== 'port_in_use') throw error
  const port = /port \d+/.exec(message)?.[0] ?? 'the port'
  throw new CliError('port_in_use', `Another program has ${port}. Nothing was started.`, {
    cause: error,
    advice: 'Stop it, or choose another with --port; 0 takes any free one.',
  })
}

function announce({ url, config, firstStart }: RunningServer, options: ServeOptions): void {
  const paper = createPaper(options)
  if (options.json === true) {
    return paper.json({
      url,
      data: config.data,
      ...(firstStart?.adminKey !== undefined && { admin_key: firstStart.adminKey }),
    })
  }
  paper.line(`Counterfoil listens on ${url}`)
  paper.line(`data       ${config.data}`)
  if (firstStart?.adminKey !== undefined) {
    paper.line(`log        ${firstStart.log}`)
    paper.line(`admin key  ${firstStart.adminKey}`)
    paper.line('           Shown this one time: keep it in a safe place.')
  }
  paper.line('Ctrl-C stops it.')
}

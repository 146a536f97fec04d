import { Argument, Command } from 'commander'
import type { ActionMap } from '@counterfoil/schema/action-map'
import { CliError, usageError } from '../cli-error.ts'
import { exitCodes } from '../exit-codes.ts'
import type { Importer } from '../import/index.ts'
import type { Intake, Refused } from '../intake/intake.ts'
import { readBytes } from '../read-bytes.ts'
import { addOutputOptions, addPlaceOptions, type OutputOptions, type PlaceOptions } from '../options.ts'
import { openSource } from '../source/open-source.ts'
import { createPaper } from '../terminal/paper.ts'
import { countText, createProgress } from '../terminal/progress.ts'
import { visibleText } from '../terminal/visible-text.ts'

interface ImportOptions extends PlaceOptions, OutputOptions {
  readonly tools?: string
  readonly workflow?: string
}

/** What files can be; kept equal to the list of importers by a test, because loading those takes as long as a search. */
export const formats: Readonly<Record<string, string>> = {
  'openai-chat':
    'chat messages with tool_calls: JSON, JSONL or gzip; bare arrays, traj, simulations, messages + metadata',
  'claude-code': 'session files of Claude Code (JSONL); a grown file adds only what is new',
  ndjson: 'Counterfoil events, one JSON object a line (gzip too)',
}

const formatLines = Object.entries(formats).map(([name, description]) => `  ${name.padEnd(12)} ${description}`)

export function createImportCommand(): Command {
  const command = new Command('import')
    .summary('take over transcripts of agents that ran elsewhere')
    .description(
      'Takes over transcripts. What a transcript says is graded "inferred": nobody watched. Importing the same file again adds nothing; a file that has grown adds what is new.',
    )
    .addArgument(new Argument('<format>', 'what the files are').choices(Object.keys(formats)))
    .argument('<file...>', 'files, or - for standard input; .gz too')
    .option('--tools <file>', 'action map: which tools write, and what they do (see examples/tools/)')
    .option('--workflow <name>', 'name of the workflow, in place of what the transcript says')
  addOutputOptions(addPlaceOptions(command))
  return command
    .addHelpText(
      'after',
      `\nFormats:\n${formatLines.join('\n')}\n\nThe exit code is 1 when anything was rejected; everything else was imported.\n\nExamples:\n  counterfoil import openai-chat runs.jsonl.gz --tools examples/tools/tau-retail.json\n  counterfoil import claude-code ~/.claude/projects/*/*.jsonl\n  counterfoil import ndjson events.jsonl --url http://127.0.0.1:7717`,
    )
    .action(runImport)
}

async function runImport(format: string, files: readonly string[], options: ImportOptions): Promise<void> {
  const [{ findImporter }, { Intake }, { readActionMap }] = await Promise.all([
    import('../import/index.ts'),
    import('../intake/intake.ts'),
    import('../intake/read-action-map.ts'),
  ])
  const importer = findImporter(format)
  if (importer === undefined) throw usageError(`There is no format ${format}.`)
  const actionMap = options.tools === undefined ? undefined : await readActionMap(options.tools)
  await using source = await openSource(options, 'write')
  const intake = new Intake(source, { inferred: importer.derives })
  const unmapped = new Map<string, number>()
  await takeFiles(files, { importer, intake, actionMap, workflow: options.workflow, unmapped })
  const { report } = intake
  if (report.rejected.length > 0) process.exitCode = exitCodes.error
  const paper = createPaper(options)
  if (options.json === true) return paper.json(report)
  for (const line of rejectedLines(report.rejected)) process.stderr.write(`${line}\n`)
  if (unmapped.size > 0) process.stderr.write(`${unmappedLine(unmapped)}\n`)
  const runs = `${countText(report.runs)} ${report.runs === 1 ? 'run' : 'runs'}`
  paper.line(
    `imported ${runs}, ${countText(report.events)} events into ${source.place}; ${countText(report.duplicates)} were there already; ${countText(report.rejected.length)} rejected`,
  )
  if (report.runs > 0 && paper.isTerminal) process.stderr.write(`next: counterfoil search ''\n`)
}

interface Taking {
  readonly importer: Importer
  readonly intake: Intake
  readonly actionMap: ActionMap | undefined
  readonly workflow: string | undefined
  /** Tools that no rule covers, with the number of their calls. */
  readonly unmapped: Map<string, number>
}

/** A file that cannot be read is reported like a broken line: the others are imported. */
async function takeFiles(
  files: readonly string[],
  { importer, intake, actionMap, workflow, unmapped }: Taking,
): Promise<void> {
  const progress = createProgress()
  try {
    for (const [at, file] of files.entries()) {
      let bytes: Uint8Array
      try {
        bytes = await readBytes(file)
      } catch (error) {
        if (!(error instanceof CliError)) throw error
        intake.report.rejected.push({ file, line: null, code: error.code, message: error.message })
        continue
      }
      const options = { ...(actionMap !== undefined && { actionMap }), ...(workflow !== undefined && { workflow }) }
      for (const item of importer.read({ file, bytes }, options)) {
        if (item.kind === 'run') {
          for (const [tool, calls] of Object.entries(item.unmappedTools))
            unmapped.set(tool, (unmapped.get(tool) ?? 0) + calls)
        }
        await intake.take(item)
        const { runs, events } = intake.report
        progress.show(`file ${at + 1} of ${files.length}: ${countText(runs)} runs, ${countText(events)} events so far`)
      }
      await intake.flush()
    }
  } catch (error) {
    progress.end()
    const { events } = intake.report
    if (events > 0)
      process.stderr.write(
        `${countText(events)} events were added before this error; import again to add the rest, nothing is added twice\n`,
      )
    throw error
  } finally {
    progress.end()
  }
}

const shownOfAKind = 3

/** The first few of each kind, and how many more there are. */
function rejectedLines(rejected: readonly Refused[]): string[] {
  const kinds = Map.groupBy(rejected, ({ file, code }) => `${code} ${file}`)
  return [...kinds.values()].flatMap((alike) => {
    const shown = alike.slice(0, shownOfAKind).map(({ file, line, code, message }) => {
      return visibleText(`rejected ${file}${line === null ? '' : `:${line}`}: ${message} [${code}]`)
    })
    const more = alike.length - shown.length
    const [first] = alike
    return more === 0
      ? shown
      : [
          ...shown,
          visibleText(`and ${countText(more)} more of ${first?.file} like this [${first?.code}]; --json lists all`),
        ]
  })
}

function unmappedLine(unmapped: ReadonlyMap<string, number>): string {
  const tools = [...unmapped].toSorted(([, a], [, b]) => b - a)
  const shown = tools.slice(0, 8).map(([tool, calls]) => `${tool} (${countText(calls)})`)
  const more = tools.length > shown.length ? ` and ${tools.length - shown.length} more` : ''
  return visibleText(
    `tools of unknown effect, with their calls: ${shown.join(', ')}${more}. An action map says what they do: --tools FILE`,
  )
}

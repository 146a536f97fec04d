import { Command } from 'commander'
import { usageError } from '../cli-error.ts'
import { addOutputOptions, addPlaceOptions, type OutputOptions, type PlaceOptions } from '../options.ts'
import { openSource } from '../source/open-source.ts'
import { createPaper } from '../terminal/paper.ts'
import { drawRun } from '../terminal/draw-run.ts'

interface ExplainOptions extends PlaceOptions, OutputOptions {
  readonly timeline?: boolean
}

export function createExplainCommand(): Command {
  const command = new Command('explain')
    .summary('what exactly did the agent do? six answers about one run')
    .description(
      'Answers six questions about one run, each with its evidence grade: what triggered it, what it used, what it proposed, which checks ran, whether a person approved, and what really happened.',
    )
    .argument('<run>', 'run id, or the beginning of one')
    .option('--timeline', 'also every event, in order')
  addOutputOptions(addPlaceOptions(command))
  return command
    .addHelpText(
      'after',
      `\nWith --json: the body of GET /v1/runs/<id>.\n\nExamples:\n  counterfoil explain 0197f3c2\n  counterfoil explain 0197f3c2 --timeline\n  counterfoil explain 0197f3c2 --json`,
    )
    .action(explain)
}

async function explain(id: string, options: ExplainOptions): Promise<void> {
  if (id === '') throw usageError('Give a run id, or the beginning of one.')
  await using source = await openSource(options)
  const report = await source.run(id)
  const paper = createPaper(options)
  if (options.json === true) return paper.json(report)
  for (const line of drawRun(report, paper, { timeline: options.timeline === true })) paper.line(line)
}

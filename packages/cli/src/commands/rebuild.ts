import { Command } from 'commander'
import { addDataOption, addOutputOptions, defaultData, type OutputOptions, type PlaceOptions } from '../options.ts'
import { openExisting } from '../open-existing.ts'
import { createPaper } from '../terminal/paper.ts'
import { countText, createProgress, howFar } from '../terminal/progress.ts'

interface RebuildOptions extends PlaceOptions, OutputOptions {}

export function createRebuildCommand(): Command {
  const command = new Command('rebuild')
    .summary('derive everything anew that follows from the entries')
    .description(
      'Makes the tables of runs and actions and the text index anew, from entries and payloads. Entries, tree and signatures are not touched.',
    )
  addOutputOptions(addDataOption(command))
  return command
    .addHelpText(
      'after',
      `\nExamples:\n  counterfoil rebuild\n  counterfoil rebuild --data /var/lib/counterfoil --json`,
    )
    .action(rebuild)
}

async function rebuild(options: RebuildOptions): Promise<void> {
  const progress = createProgress()
  await using opened = await openExisting({ ...options, data: options.data ?? defaultData })
  const { events } = await opened.log
    .rebuild({ onProgress: (done, total) => progress.show(`rebuilding: ${howFar(done, total, 'entries')}`) })
    .finally(() => progress.end())
  const paper = createPaper(options)
  if (options.json === true) return paper.json({ log: opened.log.name, events })
  paper.line(`rebuilt the log ${opened.log.name} from ${countText(events)} entries`)
}

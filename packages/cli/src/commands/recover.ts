import { Command } from 'commander'
import { usageError } from '../cli-error.ts'
import { addDataOption, addOutputOptions, defaultData, type OutputOptions } from '../options.ts'
import { createPaper } from '../terminal/paper.ts'
import { countText } from '../terminal/progress.ts'

interface RecoverOptions extends OutputOptions {
  readonly data?: string
  readonly log?: string
  readonly acceptLoss?: boolean
  readonly keyLost?: boolean
}

export function createRecoverCommand(): Command {
  const command = new Command('recover')
    .summary('go on after entries were lost, visibly')
    .description(
      'For a log that does not open because entries are gone and no copy has them. Closes it (it stays readable) and opens a successor that names the last known head, so that everybody can see that something was lost. Lost entries do not come back.',
    )
    .option('--accept-loss', 'say that you know this')
    .option('--key-lost', 'nothing else is lost than the keys of the log, and they are gone for good')
  addOutputOptions(addDataOption(command))
  return command
    .addHelpText(
      'after',
      `\nFirst look for a newer copy: a backup that has everything makes this unnecessary.\n\nExamples:\n  counterfoil verify\n  counterfoil recover --accept-loss`,
    )
    .action(recover)
}

async function recover(options: RecoverOptions): Promise<void> {
  if (options.acceptLoss !== true) {
    throw usageError(
      'Recovery gives up the lost entries for ever. Nothing was changed.',
      'Bring back the newest copy if there is one; otherwise say --accept-loss.',
    )
  }
  const { recoverLedger } = await import('@counterfoil/ledger')
  const summary = recoverLedger({
    data: options.data ?? defaultData,
    acceptLoss: true,
    ...(options.keyLost === true && { keyLost: true }),
    ...(options.log !== undefined && { log: options.log }),
  })
  const paper = createPaper(options)
  if (options.json === true) return paper.json(summary)
  const { log, origin, predecessor } = summary
  paper.line(`opened ${log} (${origin}) as the successor of ${predecessor.log}`)
  paper.line(
    `${predecessor.log} is closed and stays readable: ${countText(predecessor.foundSize)} entries are here, ${countText(predecessor.rememberedSize)} were remembered`,
  )
}

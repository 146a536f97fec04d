import { Command } from 'commander'
import { addOutputOptions, defaultData, type OutputOptions } from '../options.ts'
import { createPaper } from '../terminal/paper.ts'
import { countText } from '../terminal/progress.ts'

interface BackupOptions extends OutputOptions {
  readonly data?: string
}

export function createBackupCommand(): Command {
  const command = new Command('backup')
    .summary('copy the data directory, also while a server runs')
    .description(
      'Makes a consistent copy of a data directory in a new directory. It has the keys of the log in it: it is as secret as the original.',
    )
    .argument('<dir>', 'where to; it must not be there yet')
    .option('--data <dir>', `data directory (default: ${defaultData})`)
  return addOutputOptions(command)
    .addHelpText(
      'after',
      `\nExamples:\n  counterfoil backup /backups/counterfoil-2026-11-23\n  counterfoil verify --data /backups/counterfoil-2026-11-23`,
    )
    .action(backup)
}

async function backup(to: string, options: BackupOptions): Promise<void> {
  const { backupLedger } = await import('@counterfoil/ledger')
  const made = backupLedger({ data: options.data ?? defaultData, to })
  const paper = createPaper(options)
  if (options.json === true) return paper.json(made)
  for (const { log, size } of made.logs) paper.line(`${log}: ${countText(size)} entries`)
  paper.line(`copied to ${made.to}; check it with: counterfoil verify --data ${made.to}`)
}

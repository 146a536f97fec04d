import type { Command } from 'commander'
import { createBackupCommand } from './backup.ts'
import { createExplainCommand } from './explain.ts'
import { createImportCommand } from './import.ts'
import { createKeysCommand } from './keys.ts'
import { createProducersCommand } from './producers.ts'
import { createProofCommand } from './proof.ts'
import { createRebuildCommand } from './rebuild.ts'
import { createRecoverCommand } from './recover.ts'
import { createSearchCommand } from './search.ts'
import { createServeCommand } from './serve.ts'
import { createSpoolCommand } from './spool.ts'
import { createStopCommand } from './stop.ts'
import { createTailCommand } from './tail.ts'
import { createVerifyCommand } from './verify.ts'

/** Every verb, in the order of the help. */
export const commands: readonly (() => Command)[] = [
  createServeCommand,
  createImportCommand,
  createSearchCommand,
  createExplainCommand,
  createTailCommand,
  createStopCommand,
  createProducersCommand,
  createVerifyCommand,
  createProofCommand,
  createKeysCommand,
  createSpoolCommand,
  createBackupCommand,
  createRebuildCommand,
  createRecoverCommand,
]

import { existsSync } from 'node:fs'
import { join } from 'node:path'
import type { Log } from '@counterfoil/ledger'
import { CliError } from './cli-error.ts'

export interface OpenLogOf extends AsyncDisposable {
  readonly log: Log
}

/** @throws CliError `not_found` for a directory that holds no log */
export function requireLog(data: string): void {
  if (existsSync(join(data, 'control.db'))) return
  throw new CliError('not_found', `There is no log in ${data}. Nothing was changed.`)
}

/** Takes an existing data directory for writing; a mistyped one is an error, not a new log. */
export async function openExisting(options: { data: string; log?: string }): Promise<OpenLogOf> {
  requireLog(options.data)
  const [{ openLedger }, { onlyLog }] = await Promise.all([
    import('@counterfoil/ledger'),
    import('./source/ledger-source.ts'),
  ])
  const ledger = await openLedger({ data: options.data })
  try {
    const name = options.log ?? (await onlyLog(ledger))
    return { log: await ledger.log(name), [Symbol.asyncDispose]: () => ledger[Symbol.asyncDispose]() }
  } catch (error) {
    await ledger[Symbol.asyncDispose]()
    throw error
  }
}

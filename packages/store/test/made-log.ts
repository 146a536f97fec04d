import { hash } from 'node:crypto'
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { createGenerator, createRandom } from './generated-events.ts'
import type { LedgerFolder } from './ledger-folder.ts'

/** The code that it fails with. */
export async function codeOf(work: () => unknown): Promise<string> {
  try {
    await work()
    return 'no error'
  } catch (error) {
    return error instanceof Error && 'code' in error ? String(error.code) : String(error)
  }
}

/** A log with some entries, closed. */
export async function makeLog(
  folder: LedgerFolder,
  count = 6,
): Promise<{ origin: string; vkey: string; checkpoint: string }> {
  return folder.use(async ({ log, principal }) => {
    const next = createGenerator(createRandom(5), 2)
    const { checkpoint } = await log.ingest(JSON.stringify(Array.from({ length: count }, next)), {
      principal,
      format: 'json',
    })
    return { origin: log.origin, vkey: log.vkey, checkpoint: checkpoint ?? '' }
  })
}

/** All files but those that SQLite and the lock keep for themselves. */
export function filesOf(path: string): Record<string, string> {
  const files = readdirSync(path, { recursive: true, withFileTypes: true }).filter(
    (entry) => entry.isFile() && !/-shm$|-wal$|lock\.(db|txt)$|\/text\//.test(join(entry.parentPath, entry.name)),
  )
  return Object.fromEntries(
    files.map((entry) => [
      join(entry.parentPath, entry.name),
      hash('sha256', readFileSync(join(entry.parentPath, entry.name))),
    ]),
  )
}

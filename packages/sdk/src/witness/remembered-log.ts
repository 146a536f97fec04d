import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { writeDurably } from '../spool/write-durably.ts'

/** What this machine remembers of a log: its key, and the largest tree that it was shown. */
export interface RememberedLog {
  readonly place: string
  readonly vkey: string
  /** A signed note; absent while the log was empty. */
  readonly checkpoint?: string
}

const folderName = 'checkpoints'

/** One file a destination: deleting it is how an operator accepts another log, or another history, there. */
function rememberedLogPath(root: string, destination: string): string {
  return join(root, folderName, `${destination}.json`)
}

export function readRememberedLog(root: string, destination: string): RememberedLog | undefined {
  return readFile(rememberedLogPath(root, destination))
}

/** Everything that is remembered, also of logs that another key opened. */
export function listRememberedLogs(root: string): readonly RememberedLog[] {
  const folder = join(root, folderName)
  if (!existsSync(folder)) return []
  return readdirSync(folder).flatMap((name) => (name.endsWith('.json') ? (readFile(join(folder, name)) ?? []) : []))
}

/** Durable when it returns. */
export function rememberLog(root: string, destination: string, known: RememberedLog): void {
  mkdirSync(join(root, folderName), { recursive: true, mode: 0o700 })
  writeDurably(rememberedLogPath(root, destination), `${JSON.stringify(known)}\n`)
}

/** Forgets what is remembered of a place, so that whatever is there now is accepted. Gives how much that was. */
export function forgetLogs(root: string, place: string): number {
  const folder = join(root, folderName)
  if (!existsSync(folder)) return 0
  const files = readdirSync(folder)
    .map((name) => join(folder, name))
    .filter((file) => readFile(file)?.place === place)
  for (const file of files) rmSync(file, { force: true })
  return files.length
}

function readFile(path: string): RememberedLog | undefined {
  try {
    const known = JSON.parse(readFileSync(path, 'utf8')) as Partial<RememberedLog> | null
    return typeof known?.vkey === 'string' && typeof known.place === 'string' ? (known as RememberedLog) : undefined
  } catch {
    return undefined
  }
}

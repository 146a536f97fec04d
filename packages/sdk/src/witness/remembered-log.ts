import { createHash } from 'node:crypto'
import { closeSync, fdatasyncSync, mkdirSync, openSync, readFileSync, renameSync, writeSync } from 'node:fs'
import { join } from 'node:path'

/** What this machine remembers of a log: its key, and the largest tree that it was shown. */
export interface RememberedLog {
  readonly place: string
  readonly vkey: string
  /** A signed note; absent while the log was empty. */
  readonly checkpoint?: string
}

const folderName = 'checkpoints'

/** One file a place, so that deleting it is how an operator accepts another log there. */
export function rememberedLogPath(root: string, place: string): string {
  return join(root, folderName, `${createHash('sha256').update(place).digest('hex').slice(0, 32)}.json`)
}

export function readRememberedLog(root: string, place: string): RememberedLog | undefined {
  try {
    const known = JSON.parse(readFileSync(rememberedLogPath(root, place), 'utf8')) as Partial<RememberedLog>
    return typeof known.vkey === 'string' ? (known as RememberedLog) : undefined
  } catch {
    return undefined
  }
}

/** Durable when it returns. */
export function rememberLog(root: string, known: RememberedLog): void {
  const path = rememberedLogPath(root, known.place)
  mkdirSync(join(root, folderName), { recursive: true, mode: 0o700 })
  const made = `${path}.${process.pid}`
  const fd = openSync(made, 'w', 0o600)
  try {
    writeSync(fd, `${JSON.stringify(known)}\n`)
    fdatasyncSync(fd)
  } finally {
    closeSync(fd)
  }
  renameSync(made, path)
}

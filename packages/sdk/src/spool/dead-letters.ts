import {
  closeSync,
  existsSync,
  fsyncSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeSync,
} from 'node:fs'
import { join } from 'node:path'
import { takeFolder } from './owner.ts'
import { encodeRecord, readRecords } from './record.ts'
import { segmentPath } from './segments.ts'

/** An event that the log refused for good, with its reason. */
export interface DeadLetter {
  readonly eventId: string
  readonly eventType: string
  readonly code: string
  readonly message: string
  /** JSON Pointer of the offending field. */
  readonly pointer?: string
  /** When it was refused (RFC 3339). */
  readonly at: string
  /** The event as it was sent, redacted: JSON text. */
  readonly event: string
}

const folderName = 'dead-letters'

/** Keeps an event that was refused; durable when it returns. */
export function keepDeadLetter(root: string, instance: string, letter: DeadLetter): void {
  const folder = join(root, folderName)
  mkdirSync(folder, { recursive: true, mode: 0o700 })
  const fd = openSync(join(folder, `${instance}.log`), 'a', 0o600)
  try {
    writeSync(fd, encodeRecord(Buffer.from(JSON.stringify(letter))))
    fsyncSync(fd)
  } finally {
    closeSync(fd)
  }
}

/** All dead letters of a spool, oldest first. What is damaged is passed over. */
export function listDeadLetters(root: string): readonly DeadLetter[] {
  return filesOf(root)
    .flatMap(readLetters)
    .toSorted((a, b) => (a.at < b.at ? -1 : a.at > b.at ? 1 : 0))
}

/**
 * Puts dead letters back among the events to be delivered: the next process that uses this spool, or one that runs,
 * sends them again. Gives how many were put back.
 *
 * @param wanted ids of events; all when absent
 */
export function retryDeadLetters(root: string, wanted?: ReadonlySet<string>): number {
  let count = 0
  for (const file of filesOf(root)) {
    const letters = readLetters(file)
    const again = letters.filter(({ eventId }) => wanted?.has(eventId) ?? true)
    if (again.length === 0) continue
    // First the copy to be delivered, then the removal: a crash between the two sends twice, which is stored once.
    const folder = join(root, `retry-${process.pid}-${Date.now()}-${count}`)
    mkdirSync(folder, { mode: 0o700 })
    writeDurably(
      segmentPath(folder, 0),
      again.map(({ event }) => Buffer.from(event)),
    )
    // Owned by this process, which ends soon: then it is a left-over like any other.
    takeFolder(folder)
    count += again.length
    const rest = letters.filter((letter) => !again.includes(letter))
    if (rest.length === 0) rmSync(file)
    else {
      writeDurably(
        `${file}.new`,
        rest.map((letter) => Buffer.from(JSON.stringify(letter))),
      )
      renameSync(`${file}.new`, file)
    }
  }
  return count
}

function filesOf(root: string): readonly string[] {
  const folder = join(root, folderName)
  if (!existsSync(folder)) return []
  return readdirSync(folder)
    .filter((name) => name.endsWith('.log'))
    .toSorted()
    .map((name) => join(folder, name))
}

function readLetters(file: string): DeadLetter[] {
  return readRecords(readFileSync(file)).bodies.map((body) => JSON.parse(body.toString('utf8')) as DeadLetter)
}

function writeDurably(path: string, bodies: readonly Uint8Array[]): void {
  const fd = openSync(path, 'w', 0o600)
  try {
    writeSync(fd, Buffer.concat(bodies.map(encodeRecord)))
    fsyncSync(fd)
  } finally {
    closeSync(fd)
  }
}

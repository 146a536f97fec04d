import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { takeFolder, type Destination } from './owner.ts'
import { encodeRecords, readRecords } from './record.ts'
import { segmentPath } from './segments.ts'
import { writeDurably } from './write-durably.ts'

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
  /** Which log refused it. */
  readonly to: Destination
  /** The event as it was sent, redacted: JSON text. */
  readonly event: string
}

const folderName = 'dead-letters'

/**
 * Keeps events that were refused; durable when it returns. A file is written once and never changed, so that whoever
 * takes letters away never meets one who adds some.
 */
export function keepDeadLetters(root: string, instance: string, letters: readonly DeadLetter[]): void {
  const folder = join(root, folderName)
  mkdirSync(folder, { recursive: true, mode: 0o700 })
  const [first] = letters
  if (first === undefined) return
  writeDurably(join(folder, `${Date.now()}-${first.eventId}-${instance}.seg`), encodeLetters(letters))
}

/** All dead letters of a spool, oldest first. What is damaged is passed over. */
export function listDeadLetters(root: string): readonly DeadLetter[] {
  return filesOf(root)
    .flatMap(readLetters)
    .toSorted((a, b) => (a.at < b.at ? -1 : a.at > b.at ? 1 : 0))
}

/**
 * Puts dead letters back among the events to be delivered: the next process that sends to the same log from this spool,
 * or one that runs, sends them again. Gives how many were put back.
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
    for (const to of new Map(again.map((letter) => [letter.to.destination, letter.to])).values()) {
      const some = again.filter((letter) => letter.to.destination === to.destination)
      putBack(join(root, `retry-${process.pid}-${Date.now()}-${count}`), to, some)
      count += some.length
    }
    const rest = letters.filter((letter) => !again.includes(letter))
    if (rest.length > 0) writeDurably(file, encodeLetters(rest))
    else rmSync(file)
  }
  return count
}

/** Owned by this process, which ends soon: then it is a left-over like any other. */
function putBack(folder: string, to: Destination, letters: readonly DeadLetter[]): void {
  mkdirSync(folder, { mode: 0o700 })
  writeDurably(
    segmentPath(folder, 0),
    encodeRecords(
      letters.map(({ event }) => event),
      0,
    ),
  )
  takeFolder(folder, to)
}

function encodeLetters(letters: readonly DeadLetter[]): Buffer {
  return encodeRecords(
    letters.map((letter) => JSON.stringify(letter)),
    0,
  )
}

function filesOf(root: string): readonly string[] {
  const folder = join(root, folderName)
  if (!existsSync(folder)) return []
  return readdirSync(folder)
    .filter((name) => name.endsWith('.seg'))
    .toSorted()
    .map((name) => join(folder, name))
}

function readLetters(file: string): DeadLetter[] {
  return readRecords(readFileSync(file)).records.flatMap(({ body }) => {
    try {
      const letter = JSON.parse(body.toString('utf8')) as DeadLetter
      return typeof letter.event === 'string' && typeof letter.to.destination === 'string' ? [letter] : []
    } catch {
      return []
    }
  })
}

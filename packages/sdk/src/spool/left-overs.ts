import { existsSync, readdirSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { basename, join } from 'node:path'
import { isOwned, readOwner, releaseFolder, takeFolder, touchFolder, type Destination } from './owner.ts'
import { readRecords, type SpoolRecord } from './record.ts'
import { cursorName, listSegments, readCursor, readSegment, type Segment } from './segments.ts'

/** Folders of the spool that hold no events of a process. */
const ownFolders = new Set(['checkpoints', 'dead-letters'])

/** The spool folders of processes, of the living and of the dead. */
export function processFolders(root: string): readonly string[] {
  if (!existsSync(root)) return []
  return readdirSync(root, { withFileTypes: true })
    .filter((entry) => entry.isDirectory() && !ownFolders.has(entry.name))
    .map((entry) => join(root, entry.name))
    .toSorted()
}

/** What a dead process left undelivered, taken over by this one. */
export class LeftOvers {
  readonly folder: string
  readonly #segments: Segment[]
  readonly #onDamage: (path: string, bytes: number) => void
  #delivered: number
  /** What of the first segment is not delivered yet, once it was read. */
  #rest: SpoolRecord[] | undefined
  #events = 0
  #hasUnreadable = false

  constructor(folder: string, onDamage: (path: string, bytes: number) => void) {
    this.folder = folder
    this.#segments = [...listSegments(folder)]
    this.#delivered = readCursor(folder)
    this.#onDamage = onDamage
  }

  get bytes(): number {
    return this.#segments.reduce((sum, segment) => sum + segment.bytes, 0)
  }

  /** Events that are not delivered yet, as far as they were counted. */
  get events(): number {
    return this.#events
  }

  /** Counts what is there, without holding up this thread for long. */
  async count(): Promise<void> {
    const delivered = this.#delivered
    let events = 0
    for (const path of this.#segments.map((segment) => segment.path)) {
      const bytes = await readFile(path).catch(() => Buffer.alloc(0))
      events += readRecords(bytes).records.filter(({ number }) => number >= delivered).length
    }
    this.#events = events
  }

  /** The next undelivered events, as many as one segment holds; none is the end, and the folder is gone then. */
  next(): readonly SpoolRecord[] {
    for (;;) {
      const [segment] = this.#segments
      if (segment === undefined) {
        if (!this.#hasUnreadable) rmSync(this.folder, { recursive: true, force: true })
        return []
      }
      this.#rest ??= this.#read(segment)
      if (this.#rest !== undefined) {
        if (this.#rest.length > 0) return this.#rest
        rmSync(segment.path, { force: true })
      }
      this.#segments.shift()
      this.#rest = undefined
    }
  }

  /** The log has the first `count` of what {@link next} gave. */
  markDelivered(count: number): void {
    const last = this.#rest?.splice(0, count).at(-1)
    if (last === undefined) return
    this.#delivered = last.number + 1
    this.#events = Math.max(0, this.#events - count)
    try {
      touchFolder(this.folder)
      writeFileSync(join(this.folder, cursorName), String(this.#delivered))
    } catch {
      // What is delivered twice is stored once.
    }
  }

  touch(): void {
    touchFolder(this.folder)
  }

  /** This process delivers no more of it: any other recorder may. */
  release(own: Destination): void {
    try {
      if (existsSync(this.folder)) releaseFolder(this.folder, own)
    } catch {
      // It is given up when this process ends.
    }
  }

  /** @returns undefined for a segment that cannot be read now; it stays for somebody who can */
  #read({ path, bytes }: Segment): SpoolRecord[] | undefined {
    try {
      const { records, damagedBytes } = readSegment(path)
      if (damagedBytes > 0) this.#onDamage(path, damagedBytes)
      return records.filter(({ number }) => number >= this.#delivered)
    } catch (error) {
      // Somebody removed the file: what was in it cannot be delivered from here.
      if ((error as NodeJS.ErrnoException).code === 'ENOENT') return []
      this.#onDamage(path, bytes)
      this.#hasUnreadable = true
      return undefined
    }
  }
}

/**
 * Takes over the folders of processes that are gone, if their events are for this log. The claim is written before the
 * folder is renamed, and the rename decides between two that want the same one.
 */
export function adoptLeftOvers(
  root: string,
  instance: string,
  own: Destination,
  onDamage: (path: string, bytes: number) => void,
): readonly LeftOvers[] {
  return processFolders(root).flatMap((folder) => {
    if (!isFor(folder, own) || isOwned(folder)) return []
    const taken = join(root, `${baseName(folder)}.of-${instance}`)
    try {
      takeFolder(folder, own)
      renameSync(folder, taken)
      takeFolder(taken, own)
      return [new LeftOvers(taken, onDamage)]
    } catch {
      // Another process was quicker, or the folder may not be touched: it stays for the next one.
      return []
    }
  })
}

/** By the same key to the same place, or, with another key, to the same log. */
function isFor(folder: string, own: Destination): boolean {
  const owner = readOwner(folder)
  if (owner === undefined) return false
  if (owner.log !== undefined && own.log !== undefined) return owner.log === own.log
  return owner.destination === own.destination
}

/** The name without who took it over before. */
function baseName(folder: string): string {
  return basename(folder).replace(/\.of-.*$/, '')
}

import { existsSync, readdirSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { isOwned, takeFolder, touchFolder } from './owner.ts'
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

  constructor(folder: string, onDamage: (path: string, bytes: number) => void) {
    this.folder = folder
    this.#segments = [...listSegments(folder)]
    this.#delivered = readCursor(folder)
    this.#onDamage = onDamage
  }

  get bytes(): number {
    return this.#segments.reduce((sum, segment) => sum + segment.bytes, 0)
  }

  /** The next undelivered events, as many as one segment holds; none is the end, and the folder is gone then. */
  next(): readonly Buffer[] {
    for (;;) {
      const [segment] = this.#segments
      if (segment === undefined) {
        rmSync(this.folder, { recursive: true, force: true })
        return []
      }
      const { bodies, damagedBytes } = readSegment(segment)
      if (damagedBytes > 0) this.#onDamage(segment.path, damagedBytes)
      const rest = bodies.slice(Math.max(0, this.#delivered - segment.first))
      if (rest.length > 0) return rest
      rmSync(segment.path, { force: true })
      this.#segments.shift()
    }
  }

  /** The log has the first `count` of what {@link next} gave. */
  markDelivered(count: number): void {
    const [segment] = this.#segments
    if (segment === undefined) return
    this.#delivered = Math.max(this.#delivered, segment.first) + count
    touchFolder(this.folder)
    writeFileSync(join(this.folder, cursorName), String(this.#delivered))
  }
}

/**
 * Takes over the folders of processes that are gone. The rename decides between two that want the same one; should both
 * have read it, the log stores what is sent twice once.
 */
export function adoptLeftOvers(
  root: string,
  instance: string,
  onDamage: (path: string, bytes: number) => void,
): readonly LeftOvers[] {
  return processFolders(root).flatMap((folder) => {
    if (isOwned(folder)) return []
    const taken = join(root, `${baseName(folder)}.of-${instance}`)
    try {
      renameSync(folder, taken)
      takeFolder(taken)
      return [new LeftOvers(taken, onDamage)]
    } catch {
      // Another process was quicker, or the folder may not be touched: it stays for the next one.
      return []
    }
  })
}

/** The name without who took it over before. */
function baseName(folder: string): string {
  return (folder.split('/').at(-1) ?? folder).replace(/\.of-.*$/, '')
}

import { processFolders } from './left-overs.ts'
import { isOwned } from './owner.ts'
import { listSegments, readCursor, readSegment } from './segments.ts'

/** The spool folder of one process. */
export interface SpoolFolder {
  readonly folder: string
  /** Whether its process may still be writing. */
  readonly isLive: boolean
  /** Events that the log has not acknowledged, as far as the process wrote that down. */
  readonly events: number
  readonly bytes: number
  /** Bytes that cannot be read. */
  readonly damagedBytes: number
}

/** What waits in a spool, by the process that recorded it. */
export function listSpool(root: string): readonly SpoolFolder[] {
  return processFolders(root).map((folder) => {
    const delivered = readCursor(folder)
    let events = 0
    let bytes = 0
    let damagedBytes = 0
    for (const segment of listSegments(folder)) {
      const content = readSegment(segment)
      events += Math.max(0, content.bodies.length - Math.max(0, delivered - segment.first))
      bytes += segment.bytes
      damagedBytes += content.damagedBytes
    }
    return { folder, isLive: isOwned(folder), events, bytes, damagedBytes }
  })
}

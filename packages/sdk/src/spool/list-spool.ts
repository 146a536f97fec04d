import { processFolders } from './left-overs.ts'
import { isOwned, readOwner } from './owner.ts'
import { listSegments, readCursor, readSegment } from './segments.ts'

/** The spool folder of one process. */
export interface SpoolFolder {
  readonly folder: string
  /** Where its events go: a URL or a data directory; absent when its owner could not write that down. */
  readonly place?: string
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
  return processFolders(root).flatMap((folder) => {
    try {
      return [describeFolder(folder)]
    } catch (error) {
      // Delivered and removed while it was looked at.
      if ((error as NodeJS.ErrnoException).code === 'ENOENT') return []
      throw error
    }
  })
}

function describeFolder(folder: string): SpoolFolder {
  const delivered = readCursor(folder)
  const place = readOwner(folder)?.place
  let events = 0
  let bytes = 0
  let damagedBytes = 0
  for (const segment of listSegments(folder)) {
    const content = readSegment(segment.path)
    events += content.records.filter(({ number }) => number >= delivered).length
    bytes += segment.bytes
    damagedBytes += content.damagedBytes
  }
  return { folder, ...(place !== undefined && { place }), isLive: isOwned(folder), events, bytes, damagedBytes }
}

import { readdirSync, readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { readRecords, type SpoolRecord } from './record.ts'

/** One file of a spool folder. Its name is the number of its first event. */
export interface Segment {
  readonly path: string
  readonly first: number
  readonly bytes: number
}

const namePattern = /^(\d{12,16})\.seg$/

export function segmentPath(folder: string, first: number): string {
  return join(folder, `${String(first).padStart(12, '0')}.seg`)
}

/** The segments of a folder, oldest first. */
export function listSegments(folder: string): readonly Segment[] {
  return readdirSync(folder)
    .flatMap((name): Segment[] => {
      const first = namePattern.exec(name)?.[1]
      const path = join(folder, name)
      return first === undefined ? [] : [{ path, first: Number(first), bytes: statSync(path).size }]
    })
    .toSorted((a, b) => a.first - b.first)
}

export interface SegmentContent {
  readonly records: readonly SpoolRecord[]
  /** Bytes in the middle that could not be read; a torn tail is none of them. */
  readonly damagedBytes: number
}

export function readSegment(path: string): SegmentContent {
  const { records, damaged } = readRecords(readFileSync(path))
  return { records, damagedBytes: damaged.reduce((sum, { from, to }) => sum + to - from, 0) }
}

export const cursorName = 'cursor'

/** Events of a folder below this number are in the log, as far as its owner wrote that down. */
export function readCursor(folder: string): number {
  try {
    const text = readFileSync(join(folder, cursorName), 'utf8')
    return /^\d{1,15}$/.test(text) ? Number(text) : 0
  } catch {
    return 0
  }
}

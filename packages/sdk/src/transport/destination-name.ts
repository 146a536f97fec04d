import { createHash } from 'node:crypto'

/** A name for files: of the place and the key together, and telling neither. */
export function destinationName(place: string, key = ''): string {
  return createHash('sha256').update(`${place}\n${key}`).digest('hex').slice(0, 32)
}

import { StoreError } from '../errors.ts'

/** Where a page ended: the sort value of its last row (null when it has none) and the row's number. */
export interface Position {
  readonly value: number | null
  readonly pk: number
}

/** A position as an opaque string. `order` names what it belongs to; it is refused anywhere else. */
export function encodeCursor(order: string, position: Position): string {
  return Buffer.from(JSON.stringify([order, position.value, position.pk]), 'utf8').toString('base64url')
}

const cursorCharactersMax = 200

/** Reads what {@link encodeCursor} wrote for the same order. Throws `cursor_invalid` for everything else. */
export function decodeCursor(order: string, cursor: string): Position {
  if (cursor.length <= cursorCharactersMax && /^[\w-]+$/.test(cursor)) {
    const position = parse(order, Buffer.from(cursor, 'base64url').toString('utf8'))
    if (position !== undefined) return position
  }
  throw new StoreError('cursor_invalid', 'This cursor is not of this list and order. Start again from the first page.')
}

function parse(order: string, json: string): Position | undefined {
  let parts: unknown
  try {
    parts = JSON.parse(json)
  } catch {
    return undefined
  }
  if (!Array.isArray(parts) || parts.length !== 3 || parts[0] !== order) return undefined
  const [, value, pk] = parts as unknown[]
  if (!(value === null || (typeof value === 'number' && Number.isFinite(value)))) return undefined
  if (typeof pk !== 'number' || !Number.isSafeInteger(pk) || pk < 0) return undefined
  return { value, pk }
}

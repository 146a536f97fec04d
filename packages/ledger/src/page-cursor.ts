import { hash } from 'node:crypto'
import { LedgerError } from './errors.ts'

/** Where a page ended, for the same question alone, and the moment that its dates are resolved against. */
export interface PagePosition {
  /** The store's own cursor. */
  readonly after: string
  /** Milliseconds since the epoch: `after:-7d` means the same on every page. */
  readonly nowMs: number
}

const charactersMax = 400

/** A cursor for one question: log, list and canonical query. It is refused for any other, and when one character differs. */
export function encodePageCursor(question: readonly string[], { after, nowMs }: PagePosition): string {
  return toText([questionHash(question), nowMs, after])
}

/**
 * Reads what {@link encodePageCursor} wrote for the same question.
 *
 * @throws LedgerError `cursor_invalid`
 */
export function decodePageCursor(question: readonly string[], cursor: string): PagePosition {
  const parts = cursor.length <= charactersMax ? parse(cursor) : undefined
  if (parts !== undefined && toText(parts) === cursor) {
    const [asked, nowMs, after] = parts
    if (asked === questionHash(question) && isTime(nowMs) && typeof after === 'string') return { after, nowMs }
  }
  throw new LedgerError(
    'cursor_invalid',
    'This cursor is not of this list, query and order. Start again from the first page.',
  )
}

function parse(cursor: string): readonly unknown[] | undefined {
  try {
    const value: unknown = JSON.parse(Buffer.from(cursor, 'base64url').toString('utf8'))
    return Array.isArray(value) && value.length === 3 ? (value as unknown[]) : undefined
  } catch {
    return undefined
  }
}

function toText(parts: readonly unknown[]): string {
  return Buffer.from(JSON.stringify(parts), 'utf8').toString('base64url')
}

function isTime(value: unknown): value is number {
  return typeof value === 'number' && Number.isSafeInteger(value) && value >= 0
}

function questionHash(question: readonly string[]): string {
  return hash('sha256', JSON.stringify(question), 'hex').slice(0, 16)
}

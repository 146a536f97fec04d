const shape = /^(\d{4}-\d{2}-\d{2})[T ](\d{2}:\d{2}:\d{2})(?:[.,](\d{1,9}))?\s?(Z|z|[+-]\d{2}:?\d{2})?$/

/** Before this there were no transcripts: 1970-01-01 and 0001-01-01 are what programs write when they know no time. */
const earliestMs = Date.UTC(2000, 0, 1)
const latestMs = Date.UTC(2100, 0, 1)

/**
 * A source's time in the form of the envelope, or undefined when it has none or a placeholder. A time without a zone
 * is taken as UTC: it is the producer's claim, and order is never taken from it. Numbers are seconds or milliseconds
 * since the epoch.
 */
export function normalizeTime(value: unknown): string | undefined {
  const ms = typeof value === 'string' ? fromText(value) : typeof value === 'number' ? fromNumber(value) : undefined
  if (ms === undefined || !(ms >= earliestMs && ms < latestMs)) return undefined
  return new Date(ms).toISOString()
}

function fromText(text: string): number | undefined {
  const match = shape.exec(text)
  if (match === null) return undefined
  const [, day = '', clock = '', fraction = '', zone] = match
  const utc = `${day}T${clock}.${fraction.slice(0, 3).padEnd(3, '0')}Z`
  const ms = Date.parse(utc)
  // Date turns February 30 into March 1; a day that does not exist is no time at all.
  if (Number.isNaN(ms) || new Date(ms).toISOString() !== utc) return undefined
  if (zone === undefined || zone.toUpperCase() === 'Z') return ms
  const offsetMinutes = Number(zone.slice(1, 3)) * 60 + Number(zone.slice(-2))
  return ms - (zone.startsWith('-') ? -offsetMinutes : offsetMinutes) * 60_000
}

function fromNumber(value: number): number | undefined {
  if (!Number.isFinite(value)) return undefined
  return Math.floor(value < 1e11 ? value * 1_000 : value)
}

const daysOfMonth = [31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31]

/**
 * Whether a timestamp that already has the shape `YYYY-MM-DDTHH:MM:SS.sssZ`, with each part in its range, names a real
 * instant: a day that the month has, and a leap second only at the end of a month, in UTC (RFC 3339 section 5.7).
 */
export function isCalendarTime(timestamp: string): boolean {
  const day = Number(timestamp.slice(8, 10))
  const isLeapSecond = timestamp.startsWith('60', 17)
  if (day <= 28 && !isLeapSecond) return true
  const month = Number(timestamp.slice(5, 7))
  const year = Number(timestamp.slice(0, 4))
  const isLeapYear = year % 4 === 0 && (year % 100 !== 0 || year % 400 === 0)
  const lastDay = month === 2 && isLeapYear ? 29 : daysOfMonth[month - 1]
  return lastDay !== undefined && (isLeapSecond ? day === lastDay && timestamp.startsWith('23:59', 11) : day <= lastDay)
}

/** The last timestamp that was read: one event is asked for its time several times in a row. */
let last: { readonly timestamp: string; readonly ms: number | undefined } | undefined

/** Milliseconds since the epoch of a timestamp of this contract, or undefined when there is none. */
export function timestampMs(timestamp: string | undefined): number | undefined {
  if (timestamp === undefined) return undefined
  if (last?.timestamp !== timestamp) last = { timestamp, ms: parseMs(timestamp) }
  return last.ms
}

function parseMs(timestamp: string): number | undefined {
  const ms = Date.parse(
    timestamp.slice(17, 19) === '60' ? `${timestamp.slice(0, 17)}59${timestamp.slice(19)}` : timestamp,
  )
  return Number.isNaN(ms) ? undefined : ms
}

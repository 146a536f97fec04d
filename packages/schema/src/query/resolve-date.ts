import type { TimeOperand, Value } from './ast.ts'
import { durationMs } from './operand.ts'

export interface ResolveOptions {
  /** Milliseconds since 1970: what relative times are relative to. */
  readonly now: number
  /** IANA name of the zone in which days begin; `UTC` unless told otherwise. Times that carry their own zone keep it. */
  readonly timeZone?: string
}

/** Half-open, in milliseconds since 1970: `from <= t < to`. A missing side is unbounded. */
export interface TimeBounds {
  readonly from?: number
  readonly to?: number
}

/** The period that a symbolic time stands for: `today` the whole day, `-7d` the seven days up to now. */
export function resolveDate(
  time: TimeOperand,
  { now, timeZone = 'UTC' }: ResolveOptions,
): { from: number; to: number } {
  const at = (...fields: Parameters<typeof Date.UTC>): number => zonedToMs(Date.UTC(...fields), timeZone)
  switch (time.form) {
    case 'now':
      return { from: now, to: now + 1 }
    case 'relative':
      return { from: now - durationMs({ value: time.amount, unit: time.unit }), to: now }
    case 'today':
    case 'yesterday': {
      const [year, month, day] = dayOf(now, timeZone)
      const back = time.form === 'today' ? 0 : 1
      return { from: at(year, month, day - back), to: at(year, month, day - back + 1) }
    }
    case 'year': {
      const year = Number(time.text)
      return { from: at(year, 0), to: at(year + 1, 0) }
    }
    case 'quarter': {
      const year = Number(time.text.slice(0, 4))
      const month = (Number(time.text.slice(6)) - 1) * 3
      return { from: at(year, month), to: at(year, month + 3) }
    }
    case 'month': {
      const [year = 0, month = 1] = time.text.split('-').map(Number)
      return { from: at(year, month - 1), to: at(year, month) }
    }
    case 'day': {
      const [year = 0, month = 1, day = 1] = time.text.split('-').map(Number)
      return { from: at(year, month - 1, day), to: at(year, month - 1, day + 1) }
    }
    case 'clock': {
      const [hours = 0, minutes = 0, seconds = 0] = time.text.split(':').map(Number)
      const from = at(...dayOf(now, timeZone), hours, minutes, seconds)
      return { from, to: from + precisionMs(time.text) }
    }
    default: {
      const [, local = '', zone] = /^(.*?)(Z|[+-]\d\d:\d\d)?$/u.exec(time.text) ?? []
      const utc = Date.parse(`${local}Z`)
      const offset = zone === undefined || zone === 'Z' ? 0 : Date.parse(`1970-01-01T00:00${zone}`)
      const from = zone === undefined ? zonedToMs(utc, timeZone) : utc + offset
      return { from, to: from + precisionMs(local.slice(11)) }
    }
  }
}

/**
 * What `after:`, `before:` and `on:` ask of the start of a run. `after` and `before` meet at the beginning of their
 * period, so that `after:2026-11-01 before:2026-12-01` is November and nothing falls between two neighbouring searches.
 */
export function timeBounds(key: 'after' | 'before' | 'on', value: Value, options: ResolveOptions): TimeBounds {
  if (value.kind === 'range' && value.from.type === 'time' && value.to.type === 'time') {
    const end = resolveDate(value.to, options)
    // The end of "-14d..-7d" is seven days ago, not now.
    const to = value.to.form === 'relative' || value.to.form === 'now' ? end.from : end.to
    return { from: resolveDate(value.from, options).from, to }
  }
  if (value.kind !== 'time') return {}
  const { from, to } = resolveDate(value.time, options)
  return key === 'on' ? { from, to } : key === 'after' ? { from } : { to: from }
}

/** How long a moment lasts that was given to the minute, the second, or finer. */
function precisionMs(clock: string): number {
  const [, , seconds = ''] = clock.split(':')
  return seconds === '' ? 60_000 : seconds.includes('.') ? 10 ** (6 - seconds.length) : 1_000
}

function dayOf(ms: number, timeZone: string): [year: number, month: number, day: number] {
  const local = new Date(ms + offsetMs(ms, timeZone))
  return [local.getUTCFullYear(), local.getUTCMonth(), local.getUTCDate()]
}

/** The instant at which clocks in the zone show what UTC clocks show at `local`; the first one when they show it twice. */
function zonedToMs(local: number, timeZone: string): number {
  if (timeZone === 'UTC') return local
  const dayMs = 86_400_000
  const candidates = [local - offsetMs(local - dayMs, timeZone), local - offsetMs(local + dayMs, timeZone)]
  const exact = candidates.filter((ms) => ms + offsetMs(ms, timeZone) === local)
  // In the hour that a change to summer time skips, neither is exact: the earlier offset continues the old clock.
  return exact.length > 0 ? Math.min(...exact) : (candidates[0] ?? local)
}

const formats = new Map<string, Intl.DateTimeFormat>()

function offsetMs(ms: number, timeZone: string): number {
  if (timeZone === 'UTC') return 0
  let format = formats.get(timeZone)
  if (!format) {
    format = new Intl.DateTimeFormat('en-US', {
      timeZone,
      hourCycle: 'h23',
      year: 'numeric',
      month: 'numeric',
      day: 'numeric',
      hour: 'numeric',
      minute: 'numeric',
      second: 'numeric',
    })
    formats.set(timeZone, format)
  }
  const parts = Object.fromEntries(format.formatToParts(ms).map(({ type, value }) => [type, Number(value)]))
  const { year = 0, month = 1, day = 1, hour = 0, minute = 0, second = 0 } = parts
  return Date.UTC(year, month - 1, day, hour, minute, second) - Math.floor(ms / 1_000) * 1_000
}

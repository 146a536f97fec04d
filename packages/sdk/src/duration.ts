import { RecorderError } from './errors.ts'

/** Milliseconds, or a number with its unit. */
export type Duration = number | `${number}${'ms' | 's' | 'm' | 'h' | 'd'}`

const unitMs: Readonly<Record<string, number>> = { ms: 1, s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000 }

/** Timers take no more: about 24 days. */
const durationMsMax = 2 ** 31 - 1

/** @throws RecorderError `options_invalid` */
export function durationMs(duration: Duration): number {
  const [, count = '', unit = ''] = /^(\d+(?:\.\d+)?)(ms|s|m|h|d)$/.exec(String(duration)) ?? []
  const ms = typeof duration === 'number' ? duration : Number(count) * (unitMs[unit] ?? Number.NaN)
  if (!(ms > 0) || ms > durationMsMax) {
    throw new RecorderError(
      'options_invalid',
      `${String(duration)} is no duration: say "90s", "1h", or milliseconds, at most 24 days.`,
    )
  }
  return ms
}

/** `1 h`, `90 s`: the largest unit that gives a whole number. */
export function durationWords(ms: number): string {
  const unit = ['d', 'h', 'm', 's'].find((name) => ms % (unitMs[name] ?? 1) === 0) ?? 'ms'
  return `${ms / (unitMs[unit] ?? 1)} ${unit === 'm' ? 'min' : unit}`
}

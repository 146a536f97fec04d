import { expect, test } from 'vitest'
import { durationMs, durationWords, type Duration } from './duration.ts'

test('reads durations, and says them', () => {
  expect([durationMs('90s'), durationMs('1h'), durationMs('2d'), durationMs('1.5m'), durationMs(250)]).toEqual([
    90_000, 3_600_000, 172_800_000, 90_000, 250,
  ])
  expect([90_000, 3_600_000, 172_800_000, 120_000, 250].map(durationWords)).toEqual([
    '90 s',
    '1 h',
    '2 d',
    '2 min',
    '250 ms',
  ])
})

test.each(['', '1', '1w', 'h', '-1s', '0s', Number.NaN, 0, -5, Infinity, '400d'])('%s is none', (text) => {
  expect(() => durationMs(text as Duration)).toThrow(expect.objectContaining({ code: 'options_invalid' }) as Error)
})

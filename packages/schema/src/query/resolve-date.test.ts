import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { FilterNode, TimeOperand } from './ast.ts'
import { readTime } from './operand.ts'
import { parseQuery } from './parse.ts'
import { resolveDate, timeBounds } from './resolve-date.ts'

const now = Date.parse('2026-11-23T14:02:30.500Z')
const time = (text: string): TimeOperand => {
  const read = readTime(text)
  if (!read) throw new Error(`${text} is no time`)
  return read
}
const period = (text: string, timeZone = 'UTC') => {
  const { from, to } = resolveDate(time(text), { now, timeZone })
  return [new Date(from).toISOString(), new Date(to).toISOString()]
}

const dayText = (index: number) => new Date(index * 86_400_000).toISOString().slice(0, 10)
const bounds = (text: string) => {
  const { ast } = parseQuery(text)
  const { key, values } = ast as FilterNode
  return values.map((value) => timeBounds(key as 'on', value, { now }))
}
const at = (text: string) => Date.parse(text)

describe('resolveDate', () => {
  it.each([
    ['2026-11-01', '2026-11-01T00:00:00.000Z', '2026-11-02T00:00:00.000Z'],
    ['2026-11', '2026-11-01T00:00:00.000Z', '2026-12-01T00:00:00.000Z'],
    ['2026-12', '2026-12-01T00:00:00.000Z', '2027-01-01T00:00:00.000Z'],
    ['2026-Q4', '2026-10-01T00:00:00.000Z', '2027-01-01T00:00:00.000Z'],
    ['2026', '2026-01-01T00:00:00.000Z', '2027-01-01T00:00:00.000Z'],
    ['today', '2026-11-23T00:00:00.000Z', '2026-11-24T00:00:00.000Z'],
    ['yesterday', '2026-11-22T00:00:00.000Z', '2026-11-23T00:00:00.000Z'],
    ['now', '2026-11-23T14:02:30.500Z', '2026-11-23T14:02:30.501Z'],
    ['-30m', '2026-11-23T13:32:30.500Z', '2026-11-23T14:02:30.500Z'],
    ['-2w', '2026-11-09T14:02:30.500Z', '2026-11-23T14:02:30.500Z'],
    ['09:30', '2026-11-23T09:30:00.000Z', '2026-11-23T09:31:00.000Z'],
    ['2026-11-01T14:02', '2026-11-01T14:02:00.000Z', '2026-11-01T14:03:00.000Z'],
    ['2026-11-01T14:02:07', '2026-11-01T14:02:07.000Z', '2026-11-01T14:02:08.000Z'],
    ['2026-11-01T14:02:07.5', '2026-11-01T14:02:07.500Z', '2026-11-01T14:02:07.600Z'],
    ['2026-11-01T14:02:07.125Z', '2026-11-01T14:02:07.125Z', '2026-11-01T14:02:07.126Z'],
    ['2026-11-01T14:02+05:30', '2026-11-01T08:32:00.000Z', '2026-11-01T08:33:00.000Z'],
    ['2026-11-01T14:02-03:00', '2026-11-01T17:02:00.000Z', '2026-11-01T17:03:00.000Z'],
  ])('%s', (text, from, to) => {
    expect(period(text)).toEqual([from, to])
  })

  it.each([
    ['2026-11-01', 'Europe/Berlin', '2026-10-31T23:00:00.000Z', '2026-11-01T23:00:00.000Z'],
    ['today', 'Pacific/Auckland', '2026-11-23T11:00:00.000Z', '2026-11-24T11:00:00.000Z'],
    ['yesterday', 'America/New_York', '2026-11-22T05:00:00.000Z', '2026-11-23T05:00:00.000Z'],
    ['2026-11-01T14:02Z', 'Europe/Berlin', '2026-11-01T14:02:00.000Z', '2026-11-01T14:03:00.000Z'],
    // Days on which clocks change last 23 and 25 hours.
    ['2026-03-29', 'Europe/Berlin', '2026-03-28T23:00:00.000Z', '2026-03-29T22:00:00.000Z'],
    ['2026-10-25', 'Europe/Berlin', '2026-10-24T22:00:00.000Z', '2026-10-25T23:00:00.000Z'],
    // 02:30 happens twice on one and not at all on the other.
    ['2026-10-25T02:30', 'Europe/Berlin', '2026-10-25T00:30:00.000Z', '2026-10-25T00:31:00.000Z'],
    ['2026-03-29T02:30', 'Europe/Berlin', '2026-03-29T01:30:00.000Z', '2026-03-29T01:31:00.000Z'],
  ])('%s in %s', (text, timeZone, from, to) => {
    expect(period(text, timeZone)).toEqual([from, to])
  })

  it('leaves no gap between neighbouring days in any zone', () => {
    const zones = fc.constantFrom('UTC', 'Europe/Berlin', 'America/New_York', 'Asia/Kolkata', 'Pacific/Auckland')
    const days = fc.integer({ min: 0, max: 365 * 60 })
    fc.assert(
      fc.property(zones, days, (timeZone, day) => {
        const first = resolveDate(time(dayText(day)), { now, timeZone })
        const second = resolveDate(time(dayText(day + 1)), { now, timeZone })
        expect(first.to).toBe(second.from)
        expect(first.to - first.from).toBeGreaterThanOrEqual(22 * 3_600_000)
      }),
    )
  })
})

describe('timeBounds', () => {
  it('lets after and before meet at the beginning of their period', () => {
    expect(bounds('after:2026-11')).toEqual([{ from: at('2026-11-01') }])
    expect(bounds('before:2026-11')).toEqual([{ to: at('2026-11-01') }])
    expect(bounds('before:-7d')).toEqual([{ to: now - 7 * 86_400_000 }])
  })

  it('gives every value of on its period, and ends a range where its end ends', () => {
    expect(bounds('on:2026-11-01,2026-11-03')).toHaveLength(2)
    expect(bounds('on:2026-11-01..2026-11-05')).toEqual([{ from: at('2026-11-01'), to: at('2026-11-06') }])
    expect(bounds('on:-14d..-7d')).toEqual([{ from: now - 14 * 86_400_000, to: now - 7 * 86_400_000 }])
  })
})

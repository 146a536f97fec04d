import { describe, expect, it } from 'vitest'
import { createEventIds } from './event-ids.ts'

const pattern = /^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/

describe('event ids', () => {
  it('are UUIDv7 of the moment', () => {
    const id = createEventIds(() => 1_764_067_200_123)()
    expect(id).toMatch(pattern)
    expect(Number.parseInt(id.slice(0, 8) + id.slice(9, 13), 16)).toBe(1_764_067_200_123)
  })

  it('grow and never repeat, also within a millisecond and when the clock goes back', () => {
    const times = [5_000, 5_000, 4_000, 5_001, 4_999]
    let calls = 0
    const next = createEventIds(() => times[calls++ % times.length] ?? 0)
    const ids = Array.from({ length: 20_000 }, next)
    expect(ids.every((id) => pattern.test(id))).toBe(true)
    expect(ids.toSorted()).toEqual(ids)
    expect(new Set(ids).size).toBe(ids.length)
  })
})

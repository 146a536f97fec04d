import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { Frames } from './frames.ts'

const said: string[] = []
let frames: Frames
beforeEach(() => {
  vi.useFakeTimers()
  said.length = 0
  frames = new Frames(({ event_type: type, attributes }) => {
    said.push(`${type} ${(attributes as { next_within_s?: number } | undefined)?.next_within_s ?? ''}`.trim())
  })
})
afterEach(() => {
  frames.stop()
  vi.useRealTimers()
})

describe('signs of life', () => {
  it('come in time, as each one promised', () => {
    frames.speak()
    vi.advanceTimersByTime(900_000)
    frames.runOpened('run-1')
    vi.advanceTimersByTime(120_000)
    frames.runEnded('run-1')
    vi.advanceTimersByTime(60_000 + 900_000)
    expect(said).toEqual([
      'producer_started 900',
      'producer_heartbeat 900',
      'producer_heartbeat 60',
      'producer_heartbeat 60',
      'producer_heartbeat 60',
      'producer_heartbeat 900',
      'producer_heartbeat 900',
    ])
  })

  it('end with a goodbye, and begin again when there is more to say', () => {
    frames.speak()
    frames.speak()
    frames.stop()
    frames.stop()
    vi.advanceTimersByTime(3_600_000)
    frames.runOpened('run-2')
    expect(said).toEqual([
      'producer_started 900',
      'producer_stopped',
      'producer_heartbeat 900',
      'producer_heartbeat 60',
    ])
  })

  it('are none where nothing is recorded', () => {
    frames.stop()
    vi.advanceTimersByTime(3_600_000)
    expect(said).toEqual([])
  })
})

import { describe, expect, it } from 'vitest'
import { runCrashRounds } from './crash-rounds.ts'

describe('kill -9 under load', () => {
  it('loses nothing that was acknowledged, and stores nothing twice, in 25 rounds', { timeout: 240_000 }, async () => {
    const report = await runCrashRounds({ rounds: 25, seed: Date.now() % 1_000_000, acknowledge: 'after-commit' })
    expect(report.faults).toEqual([])
    // A harness that never saw an acknowledgement would have nothing to say.
    expect(report.acknowledged).toBeGreaterThan(1_000)
    expect(report.rounds - report.early).toBeGreaterThan(10)
  })

  it('would notice a writer that acknowledges before it commits', { timeout: 120_000 }, async () => {
    const report = await runCrashRounds({ rounds: 10, seed: 1, acknowledge: 'before-commit' })
    expect(report.faults.join('\n')).toMatch(/was acknowledged and is lost/)
  })
})

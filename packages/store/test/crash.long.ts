import { expect, it } from 'vitest'
import { runCrashRounds } from './crash-rounds.ts'

it('loses nothing in 500 kills', { timeout: 60 * 60_000 }, async () => {
  const report = await runCrashRounds({ rounds: 500, seed: Date.now() % 1_000_000, acknowledge: 'after-commit' })
  expect(report.faults).toEqual([])
  expect(report.acknowledged).toBeGreaterThan(20_000)
})

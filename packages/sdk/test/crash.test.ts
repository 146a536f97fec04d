import { expect, it } from 'vitest'
import { cleanReport, crashRounds } from './_crash-rounds.ts'

const rounds = 25

it('a recording process that is killed 25 times at random loses nothing that it called safe', async () => {
  const { safe, ...report } = await crashRounds(rounds)
  expect(report).toEqual(cleanReport)
  expect(safe).toBeGreaterThan(rounds)
}, 600_000)

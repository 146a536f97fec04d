import { expect, it } from 'vitest'
import { deskCrashRounds } from './_desk-crash-rounds.ts'

const rounds = 14

it('an agent that is killed at each of its messages leaves no effect without its intent, and no wrong story', async () => {
  const { interrupted, effects, wrong } = await deskCrashRounds(rounds)
  expect(wrong).toEqual([])
  expect(interrupted).toBeGreaterThan(rounds / 3)
  expect(effects).toBeGreaterThan(0)
}, 600_000)

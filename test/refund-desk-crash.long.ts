import { expect, it } from 'vitest'
import { deskCrashRounds } from './_desk-crash-rounds.ts'

const rounds = 200

it('an agent that is killed 200 times, before, at and after each of its messages, leaves no wrong story', async () => {
  const { interrupted, effects, wrong } = await deskCrashRounds(rounds)
  expect(wrong).toEqual([])
  expect(interrupted).toBeGreaterThan(rounds / 3)
  expect(effects).toBeGreaterThan(rounds / 3)
}, 3_600_000)

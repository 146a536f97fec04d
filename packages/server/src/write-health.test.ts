import { LedgerError, StoreError } from '@counterfoil/ledger'
import { describe, expect, test } from 'vitest'
import { createWriteHealth } from './write-health.ts'

describe('readiness', () => {
  test('is lost when the storage fails, and comes back with the next success', () => {
    const health = createWriteHealth()
    health.check()
    health.failed(new StoreError('disk_full', 'no room'))
    expect(() => health.check()).toThrow('no room')
    health.succeeded()
    health.check()
  })

  test('comes back by itself after a while, so that somebody tries', () => {
    let now = 0
    const health = createWriteHealth(() => now)
    health.failed(new StoreError('disk_full', 'no room'))
    now = 9_999
    expect(() => health.check()).toThrow('no room')
    now = 10_001
    expect(() => health.check()).not.toThrow()
  })

  test('is not lost by what a client did wrong', () => {
    const health = createWriteHealth()
    for (const error of [
      new LedgerError('body_invalid', 'x'),
      new StoreError('log_exists', 'x'),
      new Error('x'),
      null,
    ]) {
      health.failed(error)
      expect(() => health.check()).not.toThrow()
    }
  })
})

import { StoreError } from '@counterfoil/ledger'
import { problemTable } from './problem-table.ts'
import { problemOf } from './problem.ts'

/** After this time without a further failure, events are let in again to find out. */
const rememberedMs = 10_000

/** Remembers whether the storage could take the last events. */
export interface WriteHealth {
  succeeded(): void
  /** To be told of whatever an append threw; refusals of single events say nothing about the storage. */
  failed(error: unknown): void
  /** @throws ProblemError what would meet an event now */
  check(): void
}

export function createWriteHealth(nowMs: () => number = () => performance.now()): WriteHealth {
  let failure: { readonly error: StoreError; readonly atMs: number } | undefined
  return {
    succeeded: () => {
      failure = undefined
    },
    failed: (error) => {
      if (error instanceof StoreError && problemTable[error.code].status >= 500) failure = { error, atMs: nowMs() }
    },
    check: () => {
      if (failure === undefined || nowMs() - failure.atMs > rememberedMs) return
      throw problemOf(failure.error.code, failure.error.message, { cause: failure.error })
    },
  }
}

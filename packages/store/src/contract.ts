/**
 * What every `EventStore` has to do, as a test suite: a driver passes it or is none. Needs vitest and fast-check beside it.
 *
 * @module
 */
import { describe } from 'vitest'
import { describeAsking } from './contract/asking.ts'
import { describeCountedRuns } from './contract/counted-runs.ts'
import { describeDeriving } from './contract/deriving.ts'
import type { OpenStore } from './contract/open-store.ts'
import { describeProducing } from './contract/producing.ts'
import { describeProving } from './contract/proving.ts'
import { describeStopping } from './contract/stopping.ts'
import { describeWriting } from './contract/writing.ts'

export type { OpenedStore, OpenStore } from './contract/open-store.ts'

/** Describes the contract for one driver; `open` is called once a test and gives an empty store. */
export function describeEventStore(name: string, open: OpenStore): void {
  describe(`the contract of an event store, kept by ${name}`, () => {
    describeWriting(open)
    describeProving(open)
    describeAsking(open)
    describeDeriving(open)
    describeStopping(open)
    describeProducing(open)
    describeCountedRuns(open)
  })
}

import type { EventStore } from '../event-store.ts'

/** A store for one test, with nothing in it. Disposing closes it and removes what it left. */
export interface OpenedStore extends AsyncDisposable {
  readonly store: EventStore
  /** Closes the store and opens it again with what is durable; absent where nothing outlives the process. */
  readonly reopen?: () => Promise<EventStore>
  /** Resolves when the text index has caught up with what is committed. */
  readonly settleText?: () => Promise<void>
}

export type OpenStore = () => Promise<OpenedStore>

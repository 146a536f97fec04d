import type { EventStore } from '@counterfoil/store'
import type { TailEntry } from './ledger.ts'

const pageEvents = 500

/** Entries from `from` on and then live ones. Reads only as fast as it is read from, so a slow reader costs no memory. */
export async function* tailLog(
  store: EventStore,
  log: string,
  from: number,
  signal: AbortSignal,
): AsyncIterable<TailEntry> {
  let next = from
  let wake: (() => void) | undefined
  const stop = store.onCommit(log, () => wake?.())
  const onAbort = (): void => wake?.()
  signal.addEventListener('abort', onAbort)
  try {
    while (!signal.aborted) {
      // Made before reading: a commit between the read and the wait must not be slept through.
      const woken = new Promise<void>((resolve) => (wake = resolve))
      const events = await store.events(log, next, pageEvents)
      for (const event of events) {
        if (signal.aborted) return
        yield { index: event.index, leaf: Buffer.from(event.leaf).toString('utf8') }
        next = event.index + 1
      }
      if (events.length < pageEvents && !signal.aborted) await woken
    }
  } finally {
    signal.removeEventListener('abort', onAbort)
    stop()
  }
}

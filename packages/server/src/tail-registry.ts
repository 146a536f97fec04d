import { ProblemError } from './problem.ts'

/** The open live streams, so that they can be counted, limited, and ended. */
export interface TailRegistry {
  /** Takes a place; the signal ends the stream. @throws ProblemError `too_many_streams` */
  open(log: string, keyId: string): { readonly signal: AbortSignal; readonly close: () => void }
  /** Ends the streams of one key, which was revoked. */
  endKey(keyId: string): void
  endAll(): void
}

export function createTailRegistry(limits: { streamsMax: number; streamsPerLogMax: number }): TailRegistry {
  const streams = new Set<{ readonly log: string; readonly keyId: string; readonly abort: AbortController }>()
  const end = (matches: (keyId: string) => boolean): void => {
    for (const stream of streams) if (matches(stream.keyId)) stream.abort.abort()
  }
  return {
    open(log, keyId) {
      let ofLog = 0
      for (const stream of streams) if (stream.log === log) ofLog++
      if (streams.size >= limits.streamsMax || ofLog >= limits.streamsPerLogMax) {
        throw new ProblemError('too_many_streams', 'Too many live streams are open.')
      }
      const stream = { log, keyId, abort: new AbortController() }
      streams.add(stream)
      return {
        signal: stream.abort.signal,
        close: () => {
          streams.delete(stream)
          stream.abort.abort()
        },
      }
    },
    endKey: (keyId) => end((candidate) => candidate === keyId),
    endAll: () => end(() => true),
  }
}

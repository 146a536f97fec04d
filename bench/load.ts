import { fork } from 'node:child_process'
import { fileURLToPath } from 'node:url'

interface To {
  readonly url: string
  readonly key: string
}

export type LoadCall =
  | { readonly op: 'prepare'; readonly events: number; readonly single: boolean }
  | (To & { readonly op: 'send'; readonly connections: number })
  | (To & { readonly op: 'send_on_schedule'; readonly perSecond: number })

/** What was sent, and what it took. Latencies are those of whole requests. */
export interface LoadResult {
  readonly events: number
  readonly bytes: number
  readonly seconds: number
  /** Of the client. */
  readonly cpuSeconds: number
  readonly latenciesMs: readonly number[]
  /** Since the moment a request was due, so with the lateness of the client's own clock. */
  readonly latenciesFromDueMs?: readonly number[]
}

export type LoadAnswer = LoadResult | { readonly events: number }

/** A load client in a process of its own. */
export interface LoadClient extends Disposable {
  /** Makes and serialises events, in batches or one a request; nothing is sent yet. */
  prepare(events: number, options?: { single?: boolean }): Promise<void>
  /** Sends what was prepared, in batches over some connections at a time. */
  send(to: To, connections: number): Promise<LoadResult>
  /** Sends what was prepared, one request each, evenly at a rate. */
  sendOnSchedule(to: To, perSecond: number): Promise<LoadResult>
}

export function startLoadClient(): LoadClient {
  const child = fork(fileURLToPath(new URL('load-client.ts', import.meta.url)), { serialization: 'advanced' })
  const ask = <T extends LoadAnswer>(call: LoadCall): Promise<T> =>
    new Promise((resolve, reject) => {
      const exited = (): void => reject(new Error('the load client ended'))
      child.once('exit', exited)
      child.once('message', (answer: LoadAnswer | { error: string }) => {
        child.off('exit', exited)
        if ('error' in answer) reject(new Error(`the load client failed: ${answer.error}`))
        else resolve(answer as T)
      })
      child.send(call)
    })
  return {
    prepare: async (events, options = {}) => {
      await ask({ op: 'prepare', events, single: options.single ?? false })
    },
    send: (to, connections) => ask<LoadResult>({ op: 'send', ...toOf(to), connections }),
    sendOnSchedule: (to, perSecond) => ask<LoadResult>({ op: 'send_on_schedule', ...toOf(to), perSecond }),
    [Symbol.dispose]: () => void child.kill('SIGKILL'),
  }
}

/** Only what may cross to the other process. */
function toOf({ url, key }: To): To {
  return { url, key }
}

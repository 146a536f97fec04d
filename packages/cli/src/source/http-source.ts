import type {
  EventReport,
  IngestReport,
  ListOptions,
  LogReport,
  RunPage,
  RunReport,
  StopReport,
  TailEntry,
} from '@counterfoil/ledger'
import { CliError } from '../cli-error.ts'
import { readEventStream } from './event-stream.ts'
import type { HttpClient } from './http-client.ts'
import type { Source, TailOptions, Verification } from './source.ts'
import { verifyRemote } from './verify-remote.ts'

const reconnectMs = 1_000
const reconnectsMax = 30

/** A log behind a server. */
export class HttpSource implements Source {
  readonly place: string
  readonly #http: HttpClient

  constructor(http: HttpClient) {
    this.place = http.base.href.replace(/\/$/, '')
    this.#http = http
  }

  runs({ query, limit, cursor }: ListOptions): Promise<RunPage> {
    return this.#http.json('v1/runs', { query: { q: query, limit: limit?.toString(), cursor } })
  }

  run(id: string): Promise<RunReport> {
    return this.#http.json(`v1/runs/${encodeURIComponent(id)}`)
  }

  event(id: string): Promise<EventReport> {
    return this.#http.json(`v1/events/${encodeURIComponent(id)}`)
  }

  stop(runId: string, { actorId, reasonCode }: { actorId?: string; reasonCode?: string }): Promise<StopReport> {
    const text = JSON.stringify({ actor_id: actorId, reason_code: reasonCode })
    return this.#http.json(`v1/runs/${encodeURIComponent(runId)}/stop`, {
      method: 'POST',
      body: { mediaType: 'application/json', text },
    })
  }

  report(): Promise<LogReport> {
    return this.#http.json('v1/log')
  }

  async *tail({ from, query, signal, onReconnect }: TailOptions): AsyncIterable<TailEntry> {
    let next = from ?? (await this.report()).size
    for (let failures = 0; !signal.aborted;) {
      try {
        for await (const entry of this.#stream(next, query, signal)) {
          if (failures > 0) onReconnect?.(entry.index)
          failures = 0
          next = entry.index + 1
          yield entry
        }
      } catch (error) {
        if (signal.aborted) return
        if (error instanceof CliError && error.code !== 'server_unreachable') throw error
        if (failures >= reconnectsMax) throw error
      }
      if (signal.aborted) return
      failures++
      await new Promise((resolve) => setTimeout(resolve, reconnectMs))
    }
  }

  async *#stream(from: number, query: string, signal: AbortSignal): AsyncIterable<TailEntry> {
    const request = { query: { q: query === '' ? undefined : query, from: String(from) }, signal }
    const { body } = await this.#http.send('v1/tail', request)
    if (body === null) return
    for await (const { id, data } of readEventStream(body)) yield { index: Number(id), leaf: data }
  }

  verify({ onProgress }: { onProgress: (done: number, total: number) => void }): Promise<Verification> {
    return verifyRemote(this, onProgress)
  }

  async ingest(events: readonly string[], { inferred }: { inferred: boolean }): Promise<IngestReport> {
    const answer = await this.#http.json<IngestReport | { code: string; detail: string }>('v1/events', {
      method: 'POST',
      query: { assurance: inferred ? 'inferred' : undefined },
      body: { mediaType: 'application/x-ndjson', text: events.join('\n') },
      // Where nothing was stored, the answer is a problem that has the result of each event.
      expected: [422],
    })
    if ('acks' in answer) return answer
    throw new CliError(answer.code, answer.detail)
  }

  [Symbol.asyncDispose](): Promise<void> {
    return Promise.resolve()
  }
}

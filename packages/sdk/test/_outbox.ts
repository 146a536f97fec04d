import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createRedactor } from '@counterfoil/schema/redact'
import { defaultConfig, startServer, type RunningServer } from '@counterfoil/server'
import { createOutbox, type OutboxOptions } from '../src/outbox/create-outbox.ts'
import type { DraftEvent, Outbox } from '../src/outbox/outbox.ts'
import { HttpTransport } from '../src/transport/http-transport.ts'

export type LogEvent = Record<string, unknown>

/** A server of its own, with a key, and a folder for spools beside it. */
export interface TestLog extends AsyncDisposable {
  readonly folder: string
  readonly data: string
  /** What this machine remembers of the log. */
  readonly state: string
  readonly url: string
  readonly key: string
  stop(): Promise<void>
  /** On the same port, as after a crash or an update. */
  start(options?: { data?: string; state?: string }): Promise<void>
  /** What is in the log, in order. */
  events(): Promise<readonly LogEvent[]>
  /** Those of one process. */
  eventsOf(outbox: Pick<Outbox, 'instance'>): Promise<readonly LogEvent[]>
  request(path: string): Promise<LogEvent>
  /** A path for a spool that is not there yet. */
  newSpool(): string
}

export async function createTestLog(): Promise<TestLog> {
  const folder = mkdtempSync(join(tmpdir(), 'counterfoil-sdk-'))
  const data = join(folder, 'data')
  const state = join(folder, 'state')
  const config = { ...defaultConfig, data, state, logLevel: 'silent' as const }
  let running: RunningServer | undefined = await startServer({ ...config, port: 0 })
  const key = running.firstStart?.adminKey ?? ''
  const { url } = running
  const { port } = running.config
  let spools = 0
  const stop = async (): Promise<void> => {
    await running?.[Symbol.asyncDispose]()
    running = undefined
  }
  const headers = { authorization: `Bearer ${key}` }
  const request = async (path: string): Promise<LogEvent> =>
    (await (await fetch(`${url}${path}`, { headers })).json()) as LogEvent
  const events = async (): Promise<readonly LogEvent[]> => {
    const size = (await request('/v1/log'))['size'] as number
    return size === 0 ? [] : tail((await fetch(`${url}/v1/tail?from=0`, { headers })).body, size)
  }
  return {
    folder,
    data,
    state,
    url,
    key,
    stop,
    async start(options = {}) {
      running = await startServer({ ...config, ...options, port })
    },
    events,
    eventsOf: async ({ instance }) => (await events()).filter((event) => instanceOf(event) === instance),
    request,
    newSpool: () => join(folder, `spool-${(spools += 1)}`),
    async [Symbol.asyncDispose]() {
      await stop()
      rmSync(folder, { recursive: true, force: true })
    },
  }
}

async function tail(stream: ReadableStream<Uint8Array> | null, size: number): Promise<readonly LogEvent[]> {
  const found: LogEvent[] = []
  const decoder = new TextDecoder()
  let text = ''
  for await (const chunk of stream ?? []) {
    text += decoder.decode(chunk, { stream: true })
    const blocks = text.split('\n\n')
    text = blocks.pop() ?? ''
    for (const block of blocks) {
      const line = /^data: (.*)$/m.exec(block)?.[1]
      if (line !== undefined) found.push(JSON.parse(line) as LogEvent)
    }
    if (found.length >= size) break
  }
  return found
}

/** An outbox to a server; problems are not printed. */
export function openOutbox(
  to: { readonly url: string; readonly key: string },
  spool: string,
  options: Partial<OutboxOptions> & { readonly requestTimeoutMs?: number } = {},
): Outbox {
  const { requestTimeoutMs = 10_000, ...rest } = options
  return createOutbox({
    transport: new HttpTransport({ ...to, requestTimeoutMs }),
    spool,
    redactor: createRedactor(),
    onProblem: () => undefined,
    ...rest,
  })
}

/** A place where nobody answers. */
export const nowhere = { url: 'http://127.0.0.1:9', key: 'none' }

/** An event of one run, as a recorder makes it. */
export function inputOf(runId: string, runSeq: number, payload?: DraftEvent['payload']): DraftEvent {
  return { event_type: 'input_resolved', run_id: runId, run_seq: runSeq, ...(payload !== undefined && { payload }) }
}

export function instanceOf(event: LogEvent): string | undefined {
  return (event['producer'] as { instance: string } | undefined)?.instance
}

export function seqOf(event: LogEvent): number {
  return (event['producer'] as { seq: number }).seq
}

/** The folders of processes in a spool. */
export function processFoldersOf(spool: string): string[] {
  return readdirSync(spool)
    .filter((name) => name !== 'checkpoints' && name !== 'dead-letters')
    .map((name) => join(spool, name))
}

/** Makes the folders of this process those of one that is gone: the same pid, but started at another time. */
export function orphan(spool: string): void {
  for (const folder of processFoldersOf(spool)) {
    const file = join(folder, 'owner.json')
    writeFileSync(file, JSON.stringify({ ...(JSON.parse(readFileSync(file, 'utf8')) as object), started: '1' }))
  }
}

/** A secret that no scanner finds in this file. */
export const secret = ['ghp', 'A1b2C3d4E5f6G7h8I9j0K1l2M3n4O5p6Q7r8'].join('_')

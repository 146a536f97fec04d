import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createRedactor } from '@counterfoil/schema/redact'
import { defaultConfig, startServer, type RunningServer } from '@counterfoil/server'
import { createOutbox, type OutboxOptions } from '../src/outbox/create-outbox.ts'
import type { DraftEvent, Outbox } from '../src/outbox/outbox.ts'
import { HttpTransport } from '../src/transport/http-transport.ts'

/** A server of its own, with a key, and a folder for spools beside it. */
export interface TestLog extends AsyncDisposable {
  readonly folder: string
  readonly spool: string
  readonly data: string
  readonly url: string
  readonly key: string
  stop(): Promise<void>
  /** On the same port and data, as after a crash or an update. */
  start(): Promise<void>
  /** What is in the log, in order. */
  events(): Promise<readonly Record<string, unknown>[]>
  outbox(options?: Partial<OutboxOptions> & { url?: string; key?: string }): Outbox
}

export async function createTestLog(): Promise<TestLog> {
  const folder = mkdtempSync(join(tmpdir(), 'counterfoil-sdk-'))
  const data = join(folder, 'data')
  const config = { ...defaultConfig, data, state: join(folder, 'state'), logLevel: 'silent' as const }
  let running: RunningServer | undefined = await startServer({ ...config, port: 0 })
  const adminKey = running.firstStart?.adminKey ?? ''
  const { url } = running
  const { port } = running.config
  const spool = join(folder, 'spool')
  const stop = async (): Promise<void> => {
    await running?.[Symbol.asyncDispose]()
    running = undefined
  }
  return {
    folder,
    spool,
    data,
    url,
    key: adminKey,
    stop,
    async start() {
      running = await startServer({ ...config, port })
    },
    events: () => readEvents(url, adminKey),
    outbox: ({ url: at = url, key = adminKey, ...options } = {}) =>
      createOutbox({
        transport: new HttpTransport({ url: at, key, requestTimeoutMs: 2_000 }),
        spool,
        redactor: createRedactor(),
        onProblem: () => undefined,
        ...options,
      }),
    async [Symbol.asyncDispose]() {
      await stop()
      rmSync(folder, { recursive: true, force: true })
    },
  }
}

async function readEvents(url: string, key: string): Promise<readonly Record<string, unknown>[]> {
  const headers = { authorization: `Bearer ${key}` }
  const { size } = (await (await fetch(`${url}/v1/log`, { headers })).json()) as { size: number }
  const found: Record<string, unknown>[] = []
  if (size === 0) return found
  const stream = await fetch(`${url}/v1/tail?from=0`, { headers })
  const decoder = new TextDecoder()
  let text = ''
  for await (const chunk of stream.body ?? []) {
    text += decoder.decode(chunk, { stream: true })
    const blocks = text.split('\n\n')
    text = blocks.pop() ?? ''
    for (const block of blocks) {
      const line = /^data: (.*)$/m.exec(block)?.[1]
      if (line !== undefined) found.push(JSON.parse(line) as Record<string, unknown>)
    }
    if (found.length >= size) break
  }
  return found
}

/** An event of one run, as a recorder makes it. */
export function inputOf(runId: string, runSeq: number, payload?: DraftEvent['payload']): DraftEvent {
  return { event_type: 'input_resolved', run_id: runId, run_seq: runSeq, ...(payload !== undefined && { payload }) }
}

/** Every file under a folder as text, byte for byte. */
export function filesUnder(folder: string): { readonly file: string; readonly text: string }[] {
  return readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .map((name) => join(folder, name))
    .filter((file) => statSync(file).isFile())
    .map((file) => ({ file, text: readFileSync(file, 'latin1') }))
}

/** Makes the spool folders of this process those of one that is gone: the same pid, but started at another time. */
export function makeOrphans(spool: string): void {
  for (const name of readdirSync(spool)) {
    if (name === 'checkpoints' || name === 'dead-letters') continue
    const file = join(spool, name, 'owner.json')
    const owner = JSON.parse(readFileSync(file, 'utf8')) as object
    writeFileSync(file, JSON.stringify({ ...owner, started: '1' }))
  }
}

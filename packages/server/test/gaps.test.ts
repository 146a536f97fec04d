import type { ProducerPage, ProducerReport, RunReport } from '@counterfoil/ledger'
import { mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, onTestFinished, test, vi } from 'vitest'
import { defaultConfig } from '../src/config.ts'
import { createContext } from '../src/context.ts'
import { declareGaps } from '../src/jobs/declare-gaps.ts'
import { jobs } from '../src/jobs/index.ts'
import { startServer } from '../src/start-server.ts'
import { inputResolved, nextId, runCreated } from './_events.ts'
import { createTestServer, type TestServer } from './_server.ts'

/** A server that looks for gaps many times a second. */
async function hastyServer(): Promise<TestServer> {
  const server = await createTestServer({ gapCheckMs: 20, gapAfterMs: 50 })
  onTestFinished(() => server[Symbol.asyncDispose]())
  return server
}

const frame = (type: string, instance: string, seq: number, seconds: number): Record<string, unknown> => ({
  schema_version: '1.0',
  event_id: nextId(),
  event_type: type,
  producer: { instance, seq },
  attributes: { next_within_s: seconds },
})

async function producerOf(server: TestServer, instance: string): Promise<ProducerReport | undefined> {
  const { body } = await server.request('/v1/producers')
  return (body as unknown as ProducerPage).producers.find((one) => one.instance === instance)
}

/** Asks until the answer is there; a test that waits in vain runs into its own time-out. */
async function until<T>(ask: () => Promise<T | undefined>): Promise<T> {
  for (;;) {
    const answer = await ask()
    if (answer !== undefined) return answer
    await new Promise((resolve) => setTimeout(resolve, 20))
  }
}

const typesOf = async (server: TestServer): Promise<string[]> => {
  const size = await server.size()
  const response = await fetch(`${server.url}/v1/tail?from=0`, {
    headers: { authorization: `Bearer ${server.adminKey}` },
  })
  const reader = response.body?.pipeThrough(new TextDecoderStream()).getReader()
  let text = ''
  while ((text.match(/^data:/gm) ?? []).length < size) text += (await reader?.read())?.value ?? ''
  await reader?.cancel()
  return [...text.matchAll(/"event_type":"([a-z_]+)"/g)].map(([, type = '']) => type)
}

test('the server finds a gap by itself, says so once, and takes it back when the event comes late', async () => {
  const server = await hastyServer()
  const late = { ...inputResolved('run-1', 1), producer: { instance: 'worker-1', seq: 2 } }
  await server.send([
    frame('producer_started', 'worker-1', 0, 900),
    { ...runCreated('run-1'), producer: { instance: 'worker-1', seq: 1 } },
    { ...inputResolved('run-1', 2), producer: { instance: 'worker-1', seq: 3 } },
  ])
  const found = async (): Promise<true | undefined> =>
    (await typesOf(server)).includes('gap_detected') ? true : undefined
  await until(found)
  expect(await producerOf(server, 'worker-1')).toMatchObject({
    status: 'active',
    highest_seq: 3,
    promised_within_s: 900,
    missing: [{ first: 2, last: 2 }],
  })
  const run = (await server.request('/v1/runs/run-1')).body as unknown as RunReport
  expect(run.run.flags).toContain('gap')
  expect(run.sentence).toContain('Events of it are missing.')
  expect((await server.request('/v1/runs?q=has:gap')).body['runs']).toMatchObject([{ run_id: 'run-1' }])
  await server.send(late)
  await until(async () => ((await typesOf(server)).includes('gap_healed') ? true : undefined))
  expect((await producerOf(server, 'worker-1'))?.missing).toEqual([])
  expect((await typesOf(server)).filter((type) => type.startsWith('gap_'))).toEqual(['gap_detected', 'gap_healed'])
})

test('a recorder that breaks its promise is silent, and the run that it left is stalled', async () => {
  const server = await hastyServer()
  await server.send([
    frame('producer_started', 'worker-2', 0, 1),
    { ...runCreated('run-2'), producer: { instance: 'worker-2', seq: 1 } },
  ])
  await until(async () => ((await producerOf(server, 'worker-2'))?.status === 'silent' ? true : undefined))
  await until(async () => {
    const { runs } = (await server.request('/v1/runs?q=status:stalled')).body as { runs: { run_id: string }[] }
    return runs.length === 1 ? true : undefined
  })
  expect((await server.request('/v1/producers?status=silent')).body['producers']).toHaveLength(1)
  expect((await server.request('/v1/producers?status=stopped')).body['producers']).toEqual([])
})

test('a server that was down accuses nobody of its own absence: it listens anew for as long as ever', async () => {
  const gapAfterMs = 1_000
  const first = await createTestServer({ gapCheckMs: 20, gapAfterMs })
  onTestFinished(() => first[Symbol.asyncDispose]())
  await first.send([frame('producer_started', 'worker-3', 0, 900), frame('producer_heartbeat', 'worker-3', 2, 900)])
  await first.running[Symbol.asyncDispose]()
  await new Promise((resolve) => setTimeout(resolve, gapAfterMs))
  const startedMs = Date.now()
  const second = await startServer({ ...first.running.config, port: 0 })
  onTestFinished(() => second[Symbol.asyncDispose]())
  const entries = { headers: { authorization: `Bearer ${first.adminKey}` } }
  const leaf = await until(async () => {
    const response = await fetch(`${second.url}/v1/tail?from=0`, entries)
    const reader = response.body?.pipeThrough(new TextDecoderStream()).getReader()
    const { value = '' } = (await reader?.read()) ?? {}
    await reader?.cancel()
    return /^data: (.*"gap_detected".*)$/m.exec(value)?.[1]
  })
  const { recorded_at: recordedAt } = JSON.parse(leaf) as { recorded_at: string }
  expect(Date.parse(recordedAt) - startedMs).toBeGreaterThanOrEqual(gapAfterMs)
})

test('a server that was asleep accuses nobody either', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'counterfoil-job-'))
  onTestFinished(() => rmSync(folder, { recursive: true }))
  const config = {
    ...defaultConfig,
    data: join(folder, 'data'),
    state: join(folder, 'state'),
    logLevel: 'silent',
  } as const
  await using context = await createContext(config)
  const log = await context.ledger.log('main')
  const principal = { keyId: 'k_test', log: 'main', scopes: ['ingest'] as const }
  await log.ingest(JSON.stringify(frame('producer_heartbeat', 'worker-4', 1, 900)), { principal, format: 'json' })
  const sizeNow = async (): Promise<number> => (await log.report()).size
  const look = declareGaps.start(context)
  vi.useFakeTimers({ toFake: ['Date'] })
  onTestFinished(() => void vi.useRealTimers())
  const wakesMs = Date.now() + 3_600_000
  for (const [afterMs, size] of [
    [0, 1],
    [30_000, 1],
    [59_000, 1],
    [60_000, 2],
  ] as const) {
    vi.setSystemTime(wakesMs + afterMs)
    await look()
    expect([afterMs, await sizeNow()]).toEqual([afterMs, size])
  }
})

test('producers are read with a key that reads, in pages, of their own log alone', async () => {
  const server = await createTestServer()
  onTestFinished(() => server[Symbol.asyncDispose]())
  await server.send(['a', 'b', 'c'].map((name) => frame('producer_started', name, 0, 60)))
  const page = (await server.request('/v1/producers?limit=2')).body as unknown as ProducerPage
  expect(page.producers.map(({ instance }) => instance)).toEqual(['c', 'b'])
  const rest = (await server.request(`/v1/producers?limit=2&cursor=${page.next ?? ''}`)).body as unknown as ProducerPage
  expect([rest.producers.map(({ instance }) => instance), rest.next]).toEqual([['a'], undefined])
  const wrong = [
    await server.request(`/v1/producers?status=silent&cursor=${page.next ?? ''}`),
    await server.request('/v1/producers?status=dead'),
    await server.request('/v1/producers?limit=0'),
  ]
  expect(wrong.map(({ status, body }) => [status, body['code']])).toEqual([
    [400, 'cursor_invalid'],
    [400, 'parameter_invalid'],
    [400, 'parameter_invalid'],
  ])
  const { key } = await server.createKey(['ingest'])
  expect((await server.request('/v1/producers', { key })).status).toBe(403)
  const { body } = await server.send({ name: 'other' }, '/v1/logs')
  const other = await server.request('/v1/producers', { key: body['admin_key'] as string })
  expect(other.body).toEqual({ producers: [] })
})

test('jobs: folder and list agree', () => {
  const files = readdirSync(new URL('../src/jobs/', import.meta.url)).filter((file) => file !== 'index.ts')
  expect(files.map((file) => file.replace(/\.ts$/, '')).toSorted()).toEqual(jobs.map(({ name }) => name).toSorted())
})

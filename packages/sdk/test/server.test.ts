import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { defaultConfig, startServer, type RunningServer } from '@counterfoil/server'
import { afterAll, beforeAll, beforeEach, expect, test, vi } from 'vitest'
import { createRecorder, type Recorder } from '../src/index.ts'
import { expectRefusal, order, refundPlan, Shop } from './_shop.ts'

const folder = mkdtempSync(path.join(tmpdir(), 'counterfoil-sdk-server-'))
let server: RunningServer
let recorder: Recorder
let shop: Shop
let key: string

beforeAll(async () => {
  const config = { ...defaultConfig, data: path.join(folder, 'data'), state: path.join(folder, 'state'), port: 0 }
  server = await startServer({ ...config, logLevel: 'silent' })
  key = server.firstStart?.adminKey ?? ''
  vi.stubEnv('COUNTERFOIL_URL', `${server.url}/`)
  vi.stubEnv('COUNTERFOIL_API_KEY', key)
  recorder = createRecorder({ spool: path.join(folder, 'spool'), confirmWithin: '60s' })
})
afterAll(async () => {
  vi.unstubAllEnvs()
  await recorder.close()
  await server[Symbol.asyncDispose]()
  rmSync(folder, { recursive: true, force: true })
})
beforeEach(() => {
  shop = new Shop()
})

const declare = () => recorder.action('refund.create', { ...refundPlan, run: (p, c) => shop.refund(p, c) })

interface Envelope {
  readonly run_seq?: number
  readonly reason_code?: string
}

interface RunAnswer {
  readonly run: { readonly status: string; readonly outcome: string; readonly flags: readonly string[] }
  readonly timeline: readonly { readonly event_type: string; readonly envelope: Envelope }[]
  readonly answers: readonly { readonly question: string; readonly text: string }[]
}

async function ask(url: string, body?: object): Promise<RunAnswer> {
  const answer = await fetch(url, {
    headers: { authorization: `Bearer ${key}`, 'content-type': 'application/json' },
    ...(body !== undefined && { method: 'POST', body: JSON.stringify(body) }),
  })
  expect(answer.status).toBe(200)
  return (await answer.json()) as RunAnswer
}

test('a server, by two environment variables', async () => {
  const refund = declare()
  let url = ''
  const result = await recorder.run({ workflow: 'refunds', trigger: 'user' }, (run) => {
    url = run.url
    return refund(order)
  })
  expect(result).toEqual({ id: 're_1', amountMinor: 24_000 })
  expect(url).toMatch(`${server.url}/v1/runs/`)
  await recorder.flush()
  expect((await ask(url)).run).toMatchObject({ status: 'completed', outcome: 'done', flags: [] })
})

test('a person stops the run: the next action does not run, and neither does any later one', async () => {
  const refund = declare()
  let url = ''
  const later: unknown[] = []
  let aborted = false
  const error: unknown = await recorder
    .run({ workflow: 'refunds', trigger: 'user' }, async (run) => {
      url = run.url
      await refund(order)
      await ask(`${run.url}/stop`, { reason_code: 'looks_wrong', actor_id: 'usr-7' })
      const attempt = refund(order)
      await attempt.catch(() => undefined)
      aborted = run.signal.aborted
      later.push(await refund(order).catch((thrown: unknown) => thrown))
      return attempt
    })
    .catch((thrown: unknown) => thrown)
  expectRefusal(error, 'run_stopped', 'refund.create did not run: usr-7 stopped the run. Nothing was sent.')
  expect(aborted).toBe(true)
  expect(later).toMatchObject([{ code: 'run_stopped' }])
  expect(shop.calls).toHaveLength(1)
  await recorder.flush()
  const { run, timeline } = await ask(url)
  expect(run).toMatchObject({ status: 'cancelled', outcome: 'blocked' })
  const own = timeline.filter(({ envelope }) => envelope.run_seq !== undefined)
  const reasons = own.slice(-7).map(({ event_type: type, envelope }) => `${type} ${envelope.reason_code ?? ''}`.trim())
  expect(reasons).toEqual([
    'validation_passed',
    // The intent is what brings the order back; it is followed by what became of it.
    'tool_called',
    'side_effect_blocked run_stopped',
    'decision_proposed',
    'validation_passed',
    'side_effect_blocked run_stopped',
    'run_cancelled looks_wrong',
  ])
  expect(own.at(-1)?.envelope).toMatchObject({ actor: { type: 'human', id: 'usr-7' }, result: 'cancelled' })
})

test('a key that the server does not know', async () => {
  const problems: string[] = []
  const stranger = createRecorder({
    key: 'cf_unknown',
    spool: path.join(folder, 'spool-2'),
    onProblem: ({ code }) => problems.push(code),
  })
  const refund = stranger.action('refund.create', { ...refundPlan, run: (p, c) => shop.refund(p, c) })
  const error: unknown = await stranger
    .run({ workflow: 'refunds', trigger: 'user' }, () => refund(order))
    .catch((thrown: unknown) => thrown)
  expect(error).toMatchObject({ name: 'ActionNotRun', code: 'key_refused' })
  expect(shop.calls).toEqual([])
  expect(problems).toContain('key_refused')
  await stranger.close()
})

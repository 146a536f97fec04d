import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Scope } from '@counterfoil/ledger'
import { defaultConfig, startServer, type RunningServer, type ServerConfig } from '../src/index.ts'

/** What came back: the status, the headers, the text, and the text as JSON where it is JSON. */
export interface Answer {
  readonly status: number
  readonly headers: Headers
  readonly text: string
  // Tests look into bodies of every shape; asserting on them is their work.
  readonly body: Record<string, unknown>
}

interface RequestOptions {
  readonly key?: string | null
  readonly method?: string
  readonly body?: RequestInit['body']
  readonly headers?: Record<string, string>
}

/** A server of its own on loopback, with data of its own. */
export interface TestServer extends AsyncDisposable {
  readonly url: string
  readonly folder: string
  readonly adminKey: string
  readonly running: RunningServer
  /** Uses the admin key unless another, or `null` for none, is given. */
  request(target: string, options?: RequestOptions): Promise<Answer>
  /** Sends one event or an array. */
  send(events: unknown, target?: string, options?: RequestOptions): Promise<Answer>
  createKey(scopes: readonly Scope[], adminKey?: string): Promise<{ id: string; key: string }>
  size(): Promise<number>
}

export async function createTestServer(overrides: Partial<ServerConfig> = {}): Promise<TestServer> {
  const folder = await mkdtemp(join(tmpdir(), 'counterfoil-server-'))
  const config = { ...defaultConfig, data: join(folder, 'data'), state: join(folder, 'state'), port: 0 }
  const running = await startServer({ ...config, logLevel: 'silent', ...overrides })
  const adminKey = running.firstStart?.adminKey ?? ''
  const request: TestServer['request'] = async (
    target,
    { key = adminKey, method = 'GET', body, headers = {} } = {},
  ) => {
    const response = await fetch(`${running.url}${target}`, {
      method,
      redirect: 'manual',
      headers: { ...(key === null ? {} : { authorization: `Bearer ${key}` }), ...headers },
      ...(body === undefined ? {} : { body }),
    })
    const text = await response.text()
    const isJson = /json/.test(response.headers.get('content-type') ?? '') && text !== ''
    return { status: response.status, headers: response.headers, text, body: isJson ? JSON.parse(text) : {} }
  }
  const send: TestServer['send'] = (events, target = '/v1/events', options = {}) =>
    request(target, {
      method: 'POST',
      body: JSON.stringify(events),
      ...options,
      headers: { 'content-type': 'application/json', ...options.headers },
    })
  return {
    url: running.url,
    folder,
    adminKey,
    running,
    request,
    send,
    async createKey(scopes, key = adminKey) {
      const { body } = await send({ scopes }, '/v1/keys', { key })
      return { id: (body['report'] as { id: string }).id, key: body['key'] as string }
    },
    async size() {
      return (await request('/v1/log')).body['size'] as number
    },
    async [Symbol.asyncDispose]() {
      await running[Symbol.asyncDispose]()
      await rm(folder, { recursive: true, force: true })
    },
  }
}

import { afterAll, beforeAll, expect, test } from 'vitest'
import { parseSignerKey, signCheckpoint } from '@counterfoil/tlog'
import { createSigner, nodeCrypto } from '@counterfoil/tlog/node'
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { runCreated } from './_events.ts'
import { createTestServer, type Answer, type TestServer } from './_server.ts'

let server: TestServer
beforeAll(async () => {
  server = await createTestServer()
  await server.send(runCreated('run-1'))
})
afterAll(() => server[Symbol.asyncDispose]())

const present = (note: string): Promise<Answer> =>
  server.request('/v1/log/checkpoint', { method: 'POST', body: note, headers: { 'content-type': 'text/plain' } })

/** What the log's own key would have signed, had it grown further. */
async function largerCheckpoint(): Promise<string> {
  const keys = join(server.folder, 'data', 'keys')
  const file = readdirSync(keys).find((name) => name.endsWith('.signing.key')) ?? ''
  const { name, seed } = parseSignerKey(nodeCrypto, readFileSync(join(keys, file), 'utf8').trim())
  const checkpoint = { origin: name, size: 1_000, root: new Uint8Array(32).fill(7) }
  return signCheckpoint(checkpoint, [createSigner(name, seed)])
}

test('a checkpoint of this log is known; a stranger’s is refused and changes nothing', async () => {
  const { text } = await server.request('/v1/log/checkpoint')
  expect((await present(text)).body).toEqual({ status: 'known' })
  const stranger = signCheckpoint({ origin: 'example.com/other', size: 9, root: new Uint8Array(32) }, [
    createSigner('example.com/other', new Uint8Array(32).fill(3)),
  ])
  for (const note of [stranger, '', 'no note', `${text}x`]) {
    expect(await present(note)).toMatchObject({ status: 400, body: { code: 'body_invalid' } })
  }
  expect(await server.send(runCreated('run-2'))).toMatchObject({ status: 200 })
})

test('a larger checkpoint that the log signed itself makes it read-only, and says why', async () => {
  expect((await present(await largerCheckpoint())).body).toEqual({ status: 'behind' })
  const refused = await server.send(runCreated('run-3'))
  expect(refused.body['code']).toBe('log_read_only')
  expect(refused.status).toBeGreaterThanOrEqual(400)
  expect((await server.request('/v1/runs')).status).toBe(200)
})

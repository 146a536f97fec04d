import type { ConsistencyProof, EventReport, InclusionProof, LogReport } from '@counterfoil/ledger'
import {
  leafHash,
  openCheckpoint,
  parseTilePath,
  rootOfTiles,
  tilesForRoot,
  formatTilePath,
  verifyConsistency,
  verifyInclusion,
  verifyTlogProof,
} from '@counterfoil/tlog'
import { createVerifier, nodeCrypto } from '@counterfoil/tlog/node'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { inputResolved } from './_events.ts'
import { createTestServer, type TestServer } from './_server.ts'

type Log = LogReport & { readonly tiles: string }

const eventsBefore = 300
const events = Array.from({ length: 700 }, (_, i) => inputResolved('run-proofs', i))

let server: TestServer
let log: Log
let earlier: string
let newest: string
beforeAll(async () => {
  server = await createTestServer()
  await server.send(events.slice(0, eventsBefore))
  earlier = (await server.request('/v1/log/checkpoint')).text
  await server.send(events.slice(eventsBefore))
  newest = (await server.request('/v1/log/checkpoint')).text
  log = (await server.request('/v1/log')).body as unknown as Log
})
afterAll(() => server[Symbol.asyncDispose]())

const policy = (): Parameters<typeof openCheckpoint>[1] => ({
  origin: log.origin,
  verifiers: [createVerifier(log.vkey)],
})
const bytes = (hex: string): Uint8Array => new Uint8Array(Buffer.from(hex, 'hex'))

describe('proofs, checked with the verifier key and nothing else of the server', () => {
  test('the log names its origin, key, size and signed head', () => {
    const checkpoint = openCheckpoint(newest, policy())
    expect(checkpoint.size).toBe(log.size)
    expect(Buffer.from(checkpoint.root).toString('hex')).toBe(log.root)
    expect(log.vkeys.map(({ vkey }) => vkey)).toContain(log.vkey)
  })

  test('an event is in the tree that the checkpoint signs', async () => {
    for (const { event_id } of [events[0], events[255], events[256], events[699]].map((event) => ({ ...event }))) {
      const report = (await server.request(`/v1/events/${event_id ?? ''}`)).body as unknown as EventReport
      const hash = leafHash(nodeCrypto, new TextEncoder().encode(report.leaf))
      const { size, root } = openCheckpoint(report.checkpoint, policy())
      expect(size).toBe(report.proof.size)
      verifyInclusion(nodeCrypto, {
        index: report.proof.index,
        size,
        leafHash: hash,
        proof: report.proof.path.map(bytes),
        root,
      })
      expect(verifyTlogProof(nodeCrypto, report.tlog_proof, { ...policy(), leafHash: hash }).index).toBe(
        report.proof.index,
      )
      const file = await server.request(`/v1/events/${event_id ?? ''}?format=tlog-proof`)
      expect(file.headers.get('content-type')).toContain('text/plain')
      expect(verifyTlogProof(nodeCrypto, file.text, { ...policy(), leafHash: hash }).index).toBe(report.proof.index)
    }
  })

  test('inclusion is proved at every size that is asked for', async () => {
    const old = openCheckpoint(earlier, policy())
    const { body } = await server.request(`/v1/log/proof/inclusion?index=17&size=${old.size}`)
    const proof = body as unknown as InclusionProof
    const claim = { index: 17, size: old.size, leafHash: bytes(proof.leaf_hash), root: old.root }
    verifyInclusion(nodeCrypto, { ...claim, proof: proof.path.map(bytes) })
    expect(() => verifyInclusion(nodeCrypto, { ...claim, index: 18, proof: proof.path.map(bytes) })).toThrow(
      'the proof does not show',
    )
    const byId = await server.request(`/v1/log/proof/inclusion?event_id=${events[40]?.event_id ?? ''}`)
    expect(byId.body['size']).toBe(log.size)
  })

  test('the newest tree continues the earlier one', async () => {
    const old = openCheckpoint(earlier, policy())
    const { body } = await server.request(`/v1/log/proof/consistency?from=${old.size}`)
    const proof = body as unknown as ConsistencyProof
    const now = openCheckpoint(proof.checkpoint ?? '', policy())
    expect(proof.to).toBe(now.size)
    verifyConsistency(nodeCrypto, {
      size1: old.size,
      root1: old.root,
      size2: now.size,
      root2: now.root,
      proof: proof.path.map(bytes),
    })
  })

  test.for([
    'inclusion?index=1000000',
    'inclusion?index=5&size=1000000',
    'inclusion?index=50&size=20',
    'inclusion?event_id=none',
    'consistency?from=1000000',
    'consistency?from=5&to=1000000',
    'consistency?from=50&to=20',
  ])('%s: there is no such proof', async (target) => {
    const { status, body } = await server.request(`/v1/log/proof/${target}`)
    expect([400, 404]).toContain(status)
    expect(body).not.toHaveProperty('path')
  })
})

describe('tiles, read as any C2SP client reads them', () => {
  test('rebuild the root that the checkpoint signs, without a key', async () => {
    const { size, root } = openCheckpoint(await (await fetch(`${log.tiles}/checkpoint`)).text(), policy())
    const tiles = new Map<string, Uint8Array>()
    for (const tile of tilesForRoot(size)) {
      const path = formatTilePath(tile)
      const response = await fetch(`${log.tiles}/${path}`)
      expect(response.status).toBe(200)
      expect(response.headers.get('content-type')).toBe('application/octet-stream')
      expect(response.headers.get('cache-control')).toContain('immutable')
      const tileBytes = new Uint8Array(await response.arrayBuffer())
      expect(tileBytes.length).toBe(32 * parseTilePath(path).width)
      tiles.set(path, tileBytes)
    }
    const rebuilt = rootOfTiles(nodeCrypto, size, (tile) => tiles.get(formatTilePath(tile)) ?? new Uint8Array())
    expect(Buffer.from(rebuilt)).toEqual(Buffer.from(root))
  })

  test('the checkpoint is never kept by caches', async () => {
    expect((await fetch(`${log.tiles}/checkpoint`)).headers.get('cache-control')).toBe('no-store')
  })

  test.for([
    '0/999',
    '9/000',
    '0/000.p/0',
    '0/000.p/256',
    '0/x000/000',
    '0/0',
    '00/000',
    '0/000.p/',
    'entries/000',
    '0/../../x',
    '64/000',
    '0/x999/x999/x999/999',
  ])('tile/%s does not exist', async (path) => {
    const { status, body } = await server.request(`${new URL(log.tiles).pathname}/tile/${path}`, { key: null })
    expect([404, 'tile_unavailable', 'route_unknown']).toEqual(expect.arrayContaining([status, body['code']]))
  })

  test('an unknown log has none', async () => {
    const { status, body } = await server.request(`/tlog/${'0'.repeat(32)}/checkpoint`, { key: null })
    expect([status, body['code']]).toEqual([404, 'log_unknown'])
  })

  test('the configured public URL is what clients are told', async () => {
    await using other = await createTestServer({ publicUrl: 'https://audit.example/counterfoil' })
    const { body } = await other.request('/v1/log')
    expect(body['tiles']).toMatch(/^https:\/\/audit\.example\/counterfoil\/tlog\/[0-9a-f]{32}$/)
  })

  test('an empty log has no checkpoint yet', async () => {
    await using other = await createTestServer()
    const { status } = await other.request('/v1/log/checkpoint')
    expect([200, 404]).toContain(status)
  })
})

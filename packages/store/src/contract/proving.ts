import {
  createProver,
  leafHash,
  openCheckpoint,
  verifyConsistency,
  verifyInclusion,
  type Tile,
} from '@counterfoil/tlog'
import { createVerifier, nodeCrypto } from '@counterfoil/tlog/node'
import { describe, expect, it } from 'vitest'
import type { EventStore, LogInfo } from '../event-store.ts'
import type { PreparedEvent } from '../prepared-event.ts'
import { commitmentOf } from '../vault/vault.ts'
import { batch, prepare, runEvents } from './events.ts'
import type { OpenStore } from './open-store.ts'
import { acks, leafOf } from './writing.ts'

/** A proposal whose digest is asked for. */
const propose = (runId: string, id: string, actionText: string): PreparedEvent =>
  prepare(
    {
      event_type: 'decision_proposed',
      run_id: runId,
      run_seq: 0,
      action: { id, type: 'x', effect_class: 'write' },
    },
    { actionText },
  )

export function describeProving(open: OpenStore): void {
  describe('proofs', () => {
    it('signs every commit, and its tiles prove every entry and every earlier tree', async () => {
      await using opened = await open()
      const { store } = opened
      const info = await store.createLog('main', { origin: 'example.com/audit' })
      const notes: string[] = []
      for (let at = 0; at < 6; at += 1) {
        const runs = Array.from({ length: 30 }, (_, run) =>
          runEvents({ runId: `r${at}-${run}`, actions: [{ id: `a${at}-${run}`, type: 'x' }] }),
        )
        notes.push((await store.append('main', batch(runs.flat()))).checkpoint)
      }
      const signed = notes.map((note) =>
        openCheckpoint(note, { origin: info.origin, verifiers: [createVerifier(info.vkey)] }),
      )
      expect(signed.map(({ size }) => size)).toEqual([120, 240, 360, 480, 600, 720])
      const prover = await proverOf(store, 720)
      const newest = signed.at(-1)
      if (newest === undefined) throw new Error('there is a checkpoint')
      expect(Buffer.from(prover.root()).toString('hex')).toBe(Buffer.from(newest.root).toString('hex'))
      for (const earlier of signed) {
        verifyConsistency(nodeCrypto, {
          size1: earlier.size,
          root1: earlier.root,
          size2: newest.size,
          root2: newest.root,
          proof: prover.consistency(earlier.size),
        })
      }
      for (const { index, leaf } of await store.events('main', 0, 1_000)) {
        verifyInclusion(nodeCrypto, {
          index,
          size: newest.size,
          leafHash: leafHash(nodeCrypto, leaf),
          proof: prover.inclusion(index),
          root: newest.root,
        })
      }
    })

    it('still proves everything after an erasure', async () => {
      await using opened = await open()
      const { store } = opened
      const info = await store.createLog('main')
      await store.append(
        'main',
        batch([prepare({ event_type: 'run_created', run_id: 'r1', run_seq: 0 }, { payload: 'secret' })]),
      )
      await store.erase('main', { runId: 'r1', actorId: 'u', reasonCode: 'gdpr' })
      await checkHead(store, info, 2)
      expect((await store.events('main', 0, 1, { payloads: true }))[0]?.payload).toEqual({ state: 'erased' })
    })

    it('keeps the newest checkpoint under its size', async () => {
      await using opened = await open()
      const { store } = opened
      await store.createLog('main')
      expect(await store.head('main')).toEqual({
        size: 0,
        root: Buffer.from(nodeCrypto.sha256(new Uint8Array())).toString('hex'),
      })
      const { checkpoint, size } = await store.append('main', batch(runEvents({ runId: 'r1' })))
      expect(await store.checkpoint('main', size)).toBe(checkpoint)
      expect((await store.head('main')).checkpoint).toBe(checkpoint)
      expect(await store.checkpoint('main', 1)).toBeUndefined()
    })

    it('gives back payload and summary with what opens their commitments', async () => {
      await using opened = await open()
      const { store } = opened
      await store.createLog('main')
      const payload = { text: 'Ærlig talt', deep: [1, { two: null }], long: 'x'.repeat(20_000) }
      const event = prepare(
        {
          event_type: 'decision_proposed',
          run_id: 'r1',
          run_seq: 0,
          action: { id: 'a1', type: 'x', effect_class: 'write' },
        },
        { payload, summary: 'in short', actionText: '{"type":"x"}' },
      )
      const [ack] = acks(await store.append('main', batch([event])))
      const [stored] = await store.events('main', 0, 1, { payloads: true })
      if (stored?.payload?.state !== 'present') throw new Error('the payload is there')
      const leaf = leafOf(stored.leaf) as ReturnType<typeof leafOf> & { action_digest?: string }
      expect(JSON.parse(stored.payload.text)).toEqual(payload)
      expect(commitmentOf(stored.payload.salt, Buffer.from(stored.payload.text, 'utf8'))).toBe(leaf.payload?.commitment)
      expect(leaf.payload?.size).toBe(Buffer.byteLength(JSON.stringify(payload)))
      expect(stored.summary).toBe('"in short"')
      expect(leaf.summary?.commitment).toMatch(/^hmac-sha256:[0-9a-f]{64}$/)
      expect(ack?.actionDigest).toBe(leaf.action_digest)
      expect(leaf.action_digest).toMatch(/^hmac-sha256:[0-9a-f]{64}$/)
      expect(Buffer.from(stored.leaf).toString()).not.toContain('talt')
      expect((await store.events('main', 0, 1))[0]).not.toHaveProperty('payload')
    })

    it('digests the same action in the same way within a run, and in another way elsewhere', async () => {
      await using opened = await open()
      const { store } = opened
      await store.createLog('main')
      const digests = acks(
        await store.append(
          'main',
          batch([
            propose('r1', 'a1', '{"a":1}'),
            propose('r1', 'a1', '{"a":1}'),
            propose('r1', 'a1', '{"a":2}'),
            propose('r1', 'a2', '{"a":1}'),
            propose('r2', 'a3', '{"a":1}'),
          ]),
        ),
      ).map(({ actionDigest }) => actionDigest)
      expect(digests[0]).toBe(digests[1])
      expect(new Set(digests).size).toBe(4)
    })
  })
}

/** A prover over the tiles of a store, read ahead because reading is asynchronous. */
async function proverOf(store: EventStore, size: number): Promise<ReturnType<typeof createProver>> {
  const tiles = new Map<string, Uint8Array>()
  for (let level = 0, width = size; width > 0; level += 1, width = Math.floor(width / 256)) {
    for (let index = 0; index * 256 < width; index += 1) {
      tiles.set(`${level}/${index}`, await store.tile('main', level, index, Math.min(256, width - index * 256)))
    }
  }
  return createProver(nodeCrypto, size, ({ level, index }: Tile) => tiles.get(`${level}/${index}`) ?? new Uint8Array())
}

/** The newest checkpoint is signed, of this size, and its tree is the one that the tiles give. */
export async function checkHead(store: EventStore, info: LogInfo, size: number): Promise<void> {
  const head = await store.head('main')
  const signed = openCheckpoint(head.checkpoint ?? '', { origin: info.origin, verifiers: [createVerifier(info.vkey)] })
  expect(signed.size).toBe(size)
  const prover = await proverOf(store, size)
  expect(Buffer.from(prover.root()).toString('hex')).toBe(head.root)
  for (const { index, leaf } of await store.events('main', 0, size)) {
    verifyInclusion(nodeCrypto, {
      index,
      size,
      leafHash: leafHash(nodeCrypto, leaf),
      proof: prover.inclusion(index),
      root: signed.root,
    })
  }
}

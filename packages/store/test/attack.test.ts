import { rmSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import type { IngestReport } from '@counterfoil/ledger'
import { openCheckpoint, TlogError, verifyConsistency } from '@counterfoil/tlog'
import { createVerifier, nodeCrypto } from '@counterfoil/tlog/node'
import { AttackedLog, entryWithPayload } from './attacked-log.ts'
import { editLeaf, forgeTree } from './forge-log.ts'
import { createGenerator, createRandom } from './generated-events.ts'
import { failedChecks, firstBad, type LedgerFolder } from './ledger-folder.ts'

let base: AttackedLog
let folder: LedgerFolder
beforeAll(async () => {
  base = await AttackedLog.make()
  folder = base.folder
})
beforeEach(() => base.restore())
afterAll(() => base[Symbol.dispose]())

describe('2. an insider edits a row and recomputes tree, tiles and head', () => {
  it('without the signing key: the newest checkpoint convicts it, and the log does not start', async () => {
    const report = await base.attacked((database) => {
      editLeaf(database, 77, (leaf) => leaf.replace('"schema_version":"1.0"', '"schema_version":"1.1"'))
      forgeTree(database, { origin: base.origin })
    })
    expect(failedChecks(report)).toEqual(expect.arrayContaining(['checkpoints']))
    expect(firstBad(report, 'checkpoints')).toContain('from 0 to 119')
    expect(await base.refusal()).toBe('head_mismatch')
  })

  it('and drops all checkpoints but none can be signed', async () => {
    const report = await base.attacked((database) => {
      editLeaf(database, 77, (leaf) => leaf.replace('"schema_version":"1.0"', '"schema_version":"1.1"'))
      forgeTree(database, { origin: base.origin })
      database.exec('DELETE FROM checkpoint')
    })
    expect(firstBad(report, 'checkpoints')).toContain('no signed checkpoint')
    expect(await base.refusal()).toBe('head_mismatch')
  })

  it('with the stolen key: what this machine and a client remember convicts it', async () => {
    const signer = base.signingKey()
    const report = await base.attacked((database) => {
      editLeaf(database, 77, (leaf) => leaf.replace('"schema_version":"1.0"', '"schema_version":"1.1"'))
      forgeTree(database, { origin: base.origin, signer })
    })
    expect(failedChecks(report)).toEqual(['head remembered by this machine'])
    expect(await base.refusal()).toBe('rollback_detected')
    // On a machine without memory only the client is left: the log cannot give it a proof.
    expect(await clientIsConvinced(base.early, { state: join(folder.root, 'no-memory') })).toBe(false)
  })
})

describe('3. an insider cuts the tail', () => {
  it('rows alone', async () => {
    const report = await base.attacked((database) => database.prepare('DELETE FROM event WHERE idx >= 600').run())
    expect(firstBad(report, 'leaves')).toContain('entry 600')
    expect(await base.refusal()).toBe('head_mismatch')
  })

  it('rows and head, checkpoints left as they are', async () => {
    const report = await base.attacked((database) => {
      database.prepare('DELETE FROM event WHERE idx >= 520').run()
      forgeTree(database, { origin: base.origin })
    })
    expect(firstBad(report, 'checkpoints')).toContain('620')
    expect(await base.refusal()).toBe('head_mismatch')
  })

  it('all of it, back to a checkpoint that was signed: this machine remembers, and so does a client', async () => {
    const report = await base.attacked((database) => {
      database.prepare('DELETE FROM event WHERE idx >= 520').run()
      database.prepare('DELETE FROM checkpoint WHERE size > 520').run()
      forgeTree(database, { origin: base.origin })
      database.exec('DELETE FROM vault_block WHERE id NOT IN (SELECT block FROM event WHERE block IS NOT NULL)')
    })
    expect(failedChecks(report)).toEqual(expect.arrayContaining(['head remembered by this machine']))
    expect(firstBad(report, 'head remembered by this machine')).toContain('entry 520')
    expect(await base.refusal()).toBe('rollback_detected')
  })
})

describe('4. an older copy of the data directory is restored', () => {
  it('is refused at the start, named by verify, and may be read', async () => {
    await folder.use(({ log, principal }) =>
      log.ingest(JSON.stringify(Array.from({ length: 5 }, createGenerator(createRandom(9)))), {
        principal,
        format: 'json',
      }),
    )
    folder.restore('clean')
    const report = await folder.verify()
    expect(failedChecks(report)).toEqual(['head remembered by this machine'])
    expect(firstBad(report, 'head remembered by this machine')).toContain('entry 620')
    expect(await base.refusal()).toBe('rollback_detected')
  })
})

describe('5. the data directory is copied and both copies grow', () => {
  it('while one is open, the other is refused', async () => {
    const copy = folder.keep('copy')
    await folder.use(async () => {
      expect(await base.refusal({ data: copy })).toBe('data_in_use')
    })
  })

  it('once one has grown, the other is refused on this machine', async () => {
    const copy = folder.keep('copy')
    await grow(folder.data, folder.state)
    expect(await base.refusal({ data: copy })).toBe('rollback_detected')
    // A third copy that grew elsewhere, further than this one.
    const other = folder.keep('other')
    await grow(copy, join(folder.root, 'elsewhere'), 9)
    expect(await base.refusal({ data: copy })).toBe('rollback_detected')
    expect(await base.refusal({ data: other })).toBe('opened')
  })

  it('a client that remembers the one gets no consistency proof from the other', async () => {
    const copy = folder.keep('copy')
    const remembered = await grow(folder.data, folder.state, 3)
    expect(await clientIsConvinced(remembered)).toBe(true)
    await grow(copy, join(folder.root, 'another machine'), 9)
    expect(await clientIsConvinced(remembered, { data: copy, state: join(folder.root, 'another machine') })).toBe(false)
  })
})

describe('6. an event is back-dated', () => {
  it('by editing recorded_at', async () => {
    const report = await base.attacked((database) =>
      editLeaf(database, 300, (leaf) => leaf.replace(/"recorded_at":"\d{4}/, '"recorded_at":"2019')),
    )
    expect(firstBad(report, 'recorded_at never decreases')).toContain('entry 300')
    expect(firstBad(report, 'tiles')).toContain('entry 300')
  })

  it('by a new entry that lies before the one in front of it, signed with the stolen key', async () => {
    const signer = base.signingKey()
    rmSync(folder.state, { recursive: true })
    const report = await base.attacked((database) => {
      editLeaf(database, 619, (leaf) => leaf.replace(/"recorded_at":"\d{4}/, '"recorded_at":"2019'))
      forgeTree(database, { origin: base.origin, signer })
    })
    expect(failedChecks(report)).toEqual(['recorded_at never decreases'])
    expect(firstBad(report, 'recorded_at never decreases')).toContain('entry 619')
  })
})

describe('7. events are reordered', () => {
  it('two leaves swapped', async () => {
    const report = await base.attacked((database) => {
      const [a, b] = [100, 101].map(
        (index) => database.prepare('SELECT leaf FROM event WHERE idx = ?').get(index)?.['leaf'] as Uint8Array,
      )
      database.prepare('UPDATE event SET leaf = ? WHERE idx = 100').run(b ?? '')
      database.prepare('UPDATE event SET leaf = ? WHERE idx = 101').run(a ?? '')
    })
    expect(firstBad(report, 'leaves')).toContain('entry 100')
    expect(firstBad(report, 'tiles')).toContain('entry 100')
  })

  it('two rows swapped as a whole', async () => {
    const report = await base.attacked((database) => {
      database.exec(
        'UPDATE event SET idx = -1 WHERE idx = 100; UPDATE event SET idx = 100 WHERE idx = 101; UPDATE event SET idx = 101 WHERE idx = -1',
      )
    })
    expect(firstBad(report, 'leaves')).toContain('entry 100')
  })
})

describe('12. the server acknowledges and then loses', () => {
  it('a producer that kept its acknowledgement proves the loss, and the log stops growing', async () => {
    const batch = JSON.stringify(Array.from({ length: 4 }, createGenerator(createRandom(21))))
    const acknowledged = await folder.use(({ log, principal }) => log.ingest(batch, { principal, format: 'json' }))
    folder.restore('clean')
    const state = join(folder.root, 'forgotten')
    await folder.use(
      async ({ log, principal }) => {
        await expect(log.event(acknowledged.acks[0]?.event_id ?? '')).rejects.toMatchObject({ code: 'event_unknown' })
        expect(await log.witness(base.late.checkpoint ?? '')).toBe('known')
        expect(await log.witness(acknowledged.checkpoint ?? '')).toBe('behind')
        await expect(log.ingest(batch, { principal, format: 'json' })).rejects.toMatchObject({ code: 'log_read_only' })
      },
      { state },
    )
  })
})

describe('16 and 18. payloads', () => {
  it('a payload taken away without payload_erased', async () => {
    let index = -1
    const report = await base.attacked((database) => {
      index = entryWithPayload(database, 9).idx
      database.prepare('UPDATE event SET block = NULL WHERE idx = ?').run(index)
    })
    expect(failedChecks(report)).toEqual(['payloads'])
    expect(firstBad(report, 'payloads')).toContain(`entry ${index} `)
  })

  it('the key of a run taken away without payload_erased', async () => {
    folder.run('DELETE FROM vault_key WHERE run = (SELECT min(run) FROM vault_key)')
    expect(failedChecks(await folder.verify())).toEqual(['payloads', 'payload keys'])
  })

  it('payloads swapped between two events', async () => {
    let first = -1
    const report = await base.attacked((database) => {
      const rows = database
        .prepare(`SELECT idx, block FROM event WHERE block IS NOT NULL AND leaf LIKE '%"payload":{%'`)
        .all()
      const a = rows[0]
      const b = rows.find((row) => row['block'] !== a?.['block'])
      first = Number(a?.['idx'])
      database.prepare('UPDATE event SET block = ? WHERE idx = ?').run(Number(b?.['block']), first)
      database.prepare('UPDATE event SET block = ? WHERE idx = ?').run(Number(a?.['block']), Number(b?.['idx']))
    })
    expect(failedChecks(report)).toEqual(['payloads', 'payload keys'])
    expect(firstBad(report, 'payloads')).toContain(`entry ${first} `)
  })
})

function grow(data: string, state: string, count = 2): Promise<IngestReport> {
  const events = Array.from({ length: count }, createGenerator(createRandom(count + 40)))
  return folder.use(({ log, principal }) => log.ingest(JSON.stringify(events), { principal, format: 'json' }), {
    data,
    state,
  })
}

/** What every client can do: demand that the log of today begins with the log of its own acknowledgement. */
function clientIsConvinced(kept: IngestReport, where: { data?: string; state?: string } = {}): Promise<boolean> {
  return folder.use(
    async ({ log }) => {
      const verifiers = [createVerifier(base.vkey)]
      const before = openCheckpoint(kept.checkpoint ?? '', { origin: base.origin, verifiers })
      const now = openCheckpoint((await log.checkpoint()) ?? '', { origin: base.origin, verifiers })
      try {
        const { path } = await log.consistencyProof(before.size)
        verifyConsistency(nodeCrypto, {
          size1: before.size,
          root1: before.root,
          size2: now.size,
          root2: now.root,
          proof: path.map((hash) => Buffer.from(hash, 'hex')),
        })
        return true
      } catch (error) {
        if (error instanceof TlogError) return false
        throw error
      }
    },
    { ...where, mode: 'read' },
  )
}

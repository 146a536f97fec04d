import { cpSync, readFileSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import type { IngestReport, VerifyReport } from '@counterfoil/ledger'
import { openCheckpoint, TlogError, verifyConsistency } from '@counterfoil/tlog'
import { createVerifier, nodeCrypto } from '@counterfoil/tlog/node'
import { readLogKeys } from '../src/key-files.ts'
import { sleep } from './crash-rounds.ts'
import { editLeaf, forgeTree } from './forge-log.ts'
import { createGenerator, createRandom } from './generated-events.ts'
import { failedChecks, firstBad, LedgerFolder } from './ledger-folder.ts'

/**
 * The attacks on a stored log that need no outside witness, each on a log of its own: an insider may write every file of
 * the data directory. Each has to be named by `verify`, or refused at the start.
 */
const folder = new LedgerFolder()
let origin = ''
let vkey = ''
let size = 0
/** What a client was told when the log had its first checkpoint and at its end. */
let early: IngestReport
let late: IngestReport

const nextOfBase = createGenerator(createRandom(3), 3)
const batch = (count: number): string => JSON.stringify(Array.from({ length: count }, nextOfBase))

beforeAll(async () => {
  await folder.use(async ({ log, principal }) => {
    early = await log.ingest(batch(120), { principal, format: 'json' })
    // An older copy, and then a second, so that its checkpoint is kept.
    await sleep(1_100)
    await log.ingest(batch(400), { principal, format: 'json' })
    await sleep(1_100)
    late = await log.ingest(batch(100), { principal, format: 'json' })
    origin = log.origin
    vkey = log.vkey
    size = late.size
    if (size !== 620) throw new Error(`made ${size} entries`)
  })
  folder.keep('clean')
  cpSync(folder.state, join(folder.root, 'state-clean'), { recursive: true })
})
beforeEach(() => {
  folder.restore('clean')
  rmSync(folder.state, { recursive: true, force: true })
  cpSync(join(folder.root, 'state-clean'), folder.state, { recursive: true })
})
afterAll(() => folder[Symbol.dispose]())

async function attacked(work: (database: DatabaseSync) => void): Promise<VerifyReport> {
  folder.edit(work)
  return folder.verify()
}

/** The code with which the data directory is refused at the start. */
async function refusal(options: { data?: string; state?: string } = {}): Promise<string> {
  try {
    return await folder.use(() => 'opened', options)
  } catch (error) {
    return error instanceof Error && 'code' in error ? String(error.code) : String(error)
  }
}

/** An entry that has a payload block of its own kind. */
function entryWithPayload(database: DatabaseSync, skip = 0): { idx: number; block: number } {
  const row = database
    .prepare(`SELECT idx, block FROM event WHERE block IS NOT NULL AND leaf LIKE '%"payload":{%' LIMIT 1 OFFSET ?`)
    .get(skip)
  return { idx: Number(row?.['idx']), block: Number(row?.['block']) }
}

describe('0. nobody touched it', () => {
  it('verifies and opens', async () => {
    const report = await folder.verify()
    expect(failedChecks(report)).toEqual([])
    expect(report.checks.find(({ name }) => name === 'checkpoints')?.count).toBe(3)
    expect(await refusal()).toBe('opened')
  })
})

describe('1. an insider edits a row', () => {
  it('leaf bytes, in a full tile: the entry is named', async () => {
    const report = await attacked((database) =>
      editLeaf(database, 77, (leaf) => leaf.replace('"event_type":"', '"event_type":"X')),
    )
    expect(firstBad(report, 'tiles')).toContain('entry 77')
    expect(failedChecks(report)).toEqual(expect.arrayContaining(['tiles', 'root', 'checkpoints']))
  })

  it('leaf bytes, in the growing tile: the stretch between two checkpoints is named, and the log does not start', async () => {
    const report = await attacked((database) =>
      editLeaf(database, 600, (leaf) => leaf.replace('"schema_version":"1.0"', '"schema_version":"1.1"')),
    )
    expect(firstBad(report, 'checkpoints')).toContain('from 520 to 619')
    expect(await refusal()).toBe('head_mismatch')
  })

  it.each([
    ['no JSON', 'x'],
    ['null', 'null'],
    ['a list', '[]'],
    ['nothing', ''],
    ['deep nesting', '['.repeat(100_000)],
    ['wrong shapes', '{"event_id":1,"index":77,"payload":null,"run_id":{},"action":[],"attributes":"x"}'],
  ])('leaf bytes that become %s', async (_name, text) => {
    const report = await attacked((database) => editLeaf(database, 77, () => text))
    expect(report.ok).toBe(false)
    expect(firstBad(report, 'leaves')).toContain('entry 77')
    expect(firstBad(report, 'tiles')).toContain('entry 77')
  })

  it('the event_id column', async () => {
    const report = await attacked((database) =>
      database.prepare('UPDATE event SET event_id = randomblob(16) WHERE idx = 45').run(),
    )
    expect(failedChecks(report)).toEqual(['entry columns'])
    expect(firstBad(report, 'entry columns')).toContain('entry 45')
  })

  it('the run column: to another run, to none, to a number that is no run', async () => {
    for (const value of ['(SELECT max(pk) FROM run WHERE pk <> event.run)', 'NULL', '99999']) {
      folder.restore('clean')
      let index = -1
      const report = await attacked((database) => {
        index = Number(database.prepare('SELECT idx FROM event WHERE run IS NOT NULL LIMIT 1 OFFSET 30').get()?.['idx'])
        database.prepare(`UPDATE event SET run = ${value} WHERE idx = ?`).run(index)
      })
      expect(failedChecks(report)).toEqual(['entry columns'])
      expect(firstBad(report, 'entry columns')).toContain(`entry ${index} `)
    }
  })

  it('an index that is not its own', async () => {
    const report = await attacked((database) => database.prepare('UPDATE event SET idx = 5000 WHERE idx = 619').run())
    expect(firstBad(report, 'leaves')).toContain('entry 619')
    expect(await refusal()).toBe('head_mismatch')
  })

  it('a row taken out of the middle', async () => {
    const report = await attacked((database) => database.prepare('DELETE FROM event WHERE idx = 300').run())
    expect(firstBad(report, 'leaves')).toContain('entry 300')
  })

  it('a row put behind the head', async () => {
    const report = await attacked((database) =>
      database
        .prepare('INSERT INTO event (idx, event_id, leaf) SELECT 620, randomblob(16), leaf FROM event WHERE idx = 619')
        .run(),
    )
    expect(firstBad(report, 'head')).toContain('entry 620')
    expect(await refusal()).toBe('head_mismatch')
  })

  it('bytes of a payload block', async () => {
    let index = -1
    const report = await attacked((database) => {
      const { idx, block } = entryWithPayload(database)
      index = idx
      const sealed = database.prepare('SELECT sealed FROM vault_block WHERE id = ?').get(block)?.[
        'sealed'
      ] as Uint8Array
      sealed[20] = (sealed[20] ?? 0) ^ 1
      database.prepare('UPDATE vault_block SET sealed = ? WHERE id = ?').run(sealed, block)
    })
    expect(failedChecks(report)).toEqual(['payloads'])
    expect(firstBad(report, 'payloads')).toContain(`entry ${index} `)
  })

  it('a tile row: changed, cut, taken away, added', async () => {
    const edits = [
      ['UPDATE tile SET hashes = randomblob(8192) WHERE level = 0 AND n = 1', 'entry 256'],
      ['UPDATE tile SET hashes = substr(hashes, 1, 8191) WHERE level = 0 AND n = 1', 'entry 511'],
      ['DELETE FROM tile WHERE level = 0 AND n = 1', 'tile 0/1'],
      ['INSERT INTO tile (level, n, hashes) SELECT 0, 7, hashes FROM tile WHERE level = 0 AND n = 1', 'tile 0/7'],
    ] as const
    for (const [sql, named] of edits) {
      folder.restore('clean')
      folder.run(sql)
      const report = await folder.verify()
      expect(failedChecks(report)).toEqual(expect.arrayContaining(['tiles']))
      expect([sql, firstBad(report, 'tiles')]).toEqual([sql, expect.stringContaining(named)])
    }
  })

  it('a growing tile above level 0: the log does not start', async () => {
    folder.run('UPDATE tile SET hashes = randomblob(length(hashes)) WHERE level = 1')
    expect(firstBad(await folder.verify(), 'tiles')).toContain('tile 1/0')
    expect(await refusal()).toBe('head_mismatch')
    folder.restore('clean')
    folder.run('DELETE FROM tile WHERE level = 1')
    expect(await refusal()).toBe('head_mismatch')
  })

  it('a checkpoint row: another size, another signature, an old one as the newest', async () => {
    const edits = [
      "UPDATE checkpoint SET note = replace(note, char(10) || '520' || char(10), char(10) || '519' || char(10)) WHERE size = 520",
      "UPDATE checkpoint SET note = substr(note, 1, length(note) - 9) || 'AAAAAAA=' || char(10) WHERE size = 520",
      'UPDATE checkpoint SET note = (SELECT note FROM checkpoint WHERE size = 120) WHERE size = 520',
    ]
    for (const sql of edits) {
      folder.restore('clean')
      folder.run(sql)
      const report = await folder.verify()
      expect([sql, failedChecks(report)]).toEqual([sql, ['checkpoints']])
      expect(firstBad(report, 'checkpoints')).toContain('520')
    }
    folder.restore('clean')
    folder.run('UPDATE checkpoint SET note = (SELECT note FROM checkpoint WHERE size = 120) WHERE size = 620')
    expect(failedChecks(await folder.verify())).toContain('checkpoints')
    expect(await refusal()).toBe('head_mismatch')
  })

  it('the head row: size, root, right edge, clock', async () => {
    const edits = [
      'UPDATE head SET size = 619',
      'UPDATE head SET root = randomblob(32)',
      'UPDATE head SET edge = randomblob(length(edge))',
      'UPDATE head SET edge = CAST(substr(edge, 1, 8) || randomblob(length(edge) - 8) AS BLOB)',
      'UPDATE head SET recorded_ms = recorded_ms - 60000',
      'DELETE FROM head',
    ]
    for (const sql of edits) {
      folder.restore('clean')
      folder.run(sql)
      expect([sql, (await folder.verify()).ok]).toEqual([sql, false])
      expect([sql, await refusal()]).toEqual([sql, 'head_mismatch'])
    }
  })

  it('a row of a projection', async () => {
    const edits = [
      "UPDATE run SET outcome = 'done', customer = 'someone-else'",
      'UPDATE run_state SET state = replace(state, \'"events":\', \'"events":1\')',
      "UPDATE action SET target_id = 'W2' WHERE pk = (SELECT min(pk) FROM action)",
      'DELETE FROM action WHERE pk = (SELECT max(pk) FROM action)',
      'DELETE FROM term WHERE run = (SELECT min(pk) FROM run)',
      "INSERT INTO term (key, value, run, action) SELECT key, 'invented', run, action FROM term LIMIT 1",
    ]
    for (const sql of edits) {
      folder.restore('clean')
      folder.run(sql)
      const report = await folder.verify()
      expect([sql, failedChecks(report)]).toEqual([sql, ['projections']])
    }
    folder.run('UPDATE head SET size = size')
    // A rebuild mends what is derived.
    await folder.use(({ log }) => log.rebuild())
    expect(failedChecks(await folder.verify())).toEqual([])
  })
})

describe('2. an insider edits a row and recomputes tree, tiles and head', () => {
  it('without the signing key: the newest checkpoint convicts it, and the log does not start', async () => {
    const report = await attacked((database) => {
      editLeaf(database, 77, (leaf) => leaf.replace('"schema_version":"1.0"', '"schema_version":"1.1"'))
      forgeTree(database, { origin })
    })
    expect(failedChecks(report)).toEqual(expect.arrayContaining(['checkpoints']))
    expect(firstBad(report, 'checkpoints')).toContain('from 0 to 119')
    expect(await refusal()).toBe('head_mismatch')
  })

  it('and drops all checkpoints but none can be signed', async () => {
    const report = await attacked((database) => {
      editLeaf(database, 77, (leaf) => leaf.replace('"schema_version":"1.0"', '"schema_version":"1.1"'))
      forgeTree(database, { origin })
      database.exec('DELETE FROM checkpoint')
    })
    expect(firstBad(report, 'checkpoints')).toContain('no signed checkpoint')
    expect(await refusal()).toBe('head_mismatch')
  })

  it('with the stolen key: what this machine and a client remember convicts it', async () => {
    const signer = signingKey()
    const report = await attacked((database) => {
      editLeaf(database, 77, (leaf) => leaf.replace('"schema_version":"1.0"', '"schema_version":"1.1"'))
      forgeTree(database, { origin, signer })
    })
    expect(failedChecks(report)).toEqual(['head remembered by this machine'])
    expect(await refusal()).toBe('rollback_detected')
    // On a machine without memory only the client is left: the log cannot give it a proof.
    expect(await clientIsConvinced(early, { state: join(folder.root, 'no-memory') })).toBe(false)
  })
})

describe('3. an insider cuts the tail', () => {
  it('rows alone', async () => {
    const report = await attacked((database) => database.prepare('DELETE FROM event WHERE idx >= 600').run())
    expect(firstBad(report, 'leaves')).toContain('entry 600')
    expect(await refusal()).toBe('head_mismatch')
  })

  it('rows and head, checkpoints left as they are', async () => {
    const report = await attacked((database) => {
      database.prepare('DELETE FROM event WHERE idx >= 520').run()
      forgeTree(database, { origin })
    })
    expect(firstBad(report, 'checkpoints')).toContain('620')
    expect(await refusal()).toBe('head_mismatch')
  })

  it('all of it, back to a checkpoint that was signed: this machine remembers, and so does a client', async () => {
    const report = await attacked((database) => {
      database.prepare('DELETE FROM event WHERE idx >= 520').run()
      database.prepare('DELETE FROM checkpoint WHERE size > 520').run()
      forgeTree(database, { origin })
      database.exec('DELETE FROM vault_block WHERE id NOT IN (SELECT block FROM event WHERE block IS NOT NULL)')
    })
    expect(failedChecks(report)).toEqual(expect.arrayContaining(['head remembered by this machine']))
    expect(firstBad(report, 'head remembered by this machine')).toContain('entry 520')
    expect(await refusal()).toBe('rollback_detected')
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
    expect(await refusal()).toBe('rollback_detected')
  })
})

describe('5. the data directory is copied and both copies grow', () => {
  it('while one is open, the other is refused', async () => {
    const copy = folder.keep('copy')
    await folder.use(async () => {
      expect(await refusal({ data: copy })).toBe('data_in_use')
    })
  })

  it('once one has grown, the other is refused on this machine', async () => {
    const copy = folder.keep('copy')
    await grow(folder.data, folder.state)
    expect(await refusal({ data: copy })).toBe('rollback_detected')
    // A third copy that grew elsewhere, further than this one.
    const other = folder.keep('other')
    await grow(copy, join(folder.root, 'elsewhere'), 9)
    expect(await refusal({ data: copy })).toBe('rollback_detected')
    expect(await refusal({ data: other })).toBe('opened')
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
    const report = await attacked((database) =>
      editLeaf(database, 300, (leaf) => leaf.replace(/"recorded_at":"\d{4}/, '"recorded_at":"2019')),
    )
    expect(firstBad(report, 'recorded_at never decreases')).toContain('entry 300')
    expect(firstBad(report, 'tiles')).toContain('entry 300')
  })

  it('by a new entry that lies before the one in front of it, signed with the stolen key', async () => {
    const signer = signingKey()
    rmSync(folder.state, { recursive: true })
    const report = await attacked((database) => {
      editLeaf(database, 619, (leaf) => leaf.replace(/"recorded_at":"\d{4}/, '"recorded_at":"2019'))
      forgeTree(database, { origin, signer })
    })
    expect(failedChecks(report)).toEqual(['recorded_at never decreases'])
    expect(firstBad(report, 'recorded_at never decreases')).toContain('entry 619')
  })
})

describe('7. events are reordered', () => {
  it('two leaves swapped', async () => {
    const report = await attacked((database) => {
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
    const report = await attacked((database) => {
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
        expect(await log.witness(late.checkpoint ?? '')).toBe('known')
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
    const report = await attacked((database) => {
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
    const report = await attacked((database) => {
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

function signingKey(): ReturnType<typeof readLogKeys>['signer'] {
  const control = new DatabaseSync(join(folder.data, 'control.db'), { readOnly: true })
  const id = String(control.prepare('SELECT id FROM log').get()?.['id'])
  control.close()
  expect(readFileSync(join(folder.data, 'keys', `${id}.signing.key`), 'utf8').length).toBeGreaterThan(40)
  return readLogKeys({ data: folder.data, log: 'main', id, origin }, {}).signer
}

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
      const verifiers = [createVerifier(vkey)]
      const before = openCheckpoint(kept.checkpoint ?? '', { origin, verifiers })
      const now = openCheckpoint((await log.checkpoint()) ?? '', { origin, verifiers })
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

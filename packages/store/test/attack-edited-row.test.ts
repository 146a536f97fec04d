import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { AttackedLog, entryWithPayload } from './attacked-log.ts'
import { editLeaf } from './forge-log.ts'
import { failedChecks, firstBad, type LedgerFolder } from './ledger-folder.ts'

let base: AttackedLog
let folder: LedgerFolder
beforeAll(async () => {
  base = await AttackedLog.make()
  folder = base.folder
})
beforeEach(() => base.restore())
afterAll(() => base[Symbol.dispose]())

describe('0. nobody touched it', () => {
  it('verifies and opens', async () => {
    const report = await folder.verify()
    expect(failedChecks(report)).toEqual([])
    expect(report.checks.find(({ name }) => name === 'checkpoints')?.count).toBe(3)
    expect(await base.refusal()).toBe('opened')
  })
})

describe('1. an insider edits a row', () => {
  it('leaf bytes, in a full tile: the entry is named', async () => {
    const report = await base.attacked((database) =>
      editLeaf(database, 77, (leaf) => leaf.replace('"event_type":"', '"event_type":"X')),
    )
    expect(firstBad(report, 'tiles')).toContain('entry 77')
    expect(failedChecks(report)).toEqual(expect.arrayContaining(['tiles', 'root', 'checkpoints']))
  })

  it('leaf bytes, in the growing tile: the stretch between two checkpoints is named, and the log does not start', async () => {
    const report = await base.attacked((database) =>
      editLeaf(database, 600, (leaf) => leaf.replace('"schema_version":"1.0"', '"schema_version":"1.1"')),
    )
    expect(firstBad(report, 'checkpoints')).toContain('from 520 to 619')
    expect(await base.refusal()).toBe('head_mismatch')
  })

  it.each([
    ['no JSON', 'x'],
    ['null', 'null'],
    ['a list', '[]'],
    ['nothing', ''],
    ['deep nesting', '['.repeat(100_000)],
    ['wrong shapes', '{"event_id":1,"index":77,"payload":null,"run_id":{},"action":[],"attributes":"x"}'],
  ])('leaf bytes that become %s', async (_name, text) => {
    const report = await base.attacked((database) => editLeaf(database, 77, () => text))
    expect(report.ok).toBe(false)
    expect(firstBad(report, 'leaves')).toContain('entry 77')
    expect(firstBad(report, 'tiles')).toContain('entry 77')
  })

  it('the event_id column', async () => {
    const report = await base.attacked((database) =>
      database.prepare('UPDATE event SET event_id = randomblob(16) WHERE idx = 45').run(),
    )
    expect(failedChecks(report)).toEqual(['entry columns'])
    expect(firstBad(report, 'entry columns')).toContain('entry 45')
  })

  it('the run column: to another run, to none, to a number that is no run', async () => {
    for (const value of ['(SELECT max(pk) FROM run WHERE pk <> event.run)', 'NULL', '99999']) {
      folder.restore('clean')
      let index = -1
      const report = await base.attacked((database) => {
        index = Number(database.prepare('SELECT idx FROM event WHERE run IS NOT NULL LIMIT 1 OFFSET 30').get()?.['idx'])
        database.prepare(`UPDATE event SET run = ${value} WHERE idx = ?`).run(index)
      })
      expect(failedChecks(report)).toEqual(['entry columns'])
      expect(firstBad(report, 'entry columns')).toContain(`entry ${index} `)
    }
  })

  it('an index that is not its own', async () => {
    const report = await base.attacked((database) =>
      database.prepare('UPDATE event SET idx = 5000 WHERE idx = 619').run(),
    )
    expect(firstBad(report, 'leaves')).toContain('entry 619')
    expect(await base.refusal()).toBe('head_mismatch')
  })

  it('a row taken out of the middle', async () => {
    const report = await base.attacked((database) => database.prepare('DELETE FROM event WHERE idx = 300').run())
    expect(firstBad(report, 'leaves')).toContain('entry 300')
  })

  it('a row put behind the head', async () => {
    const report = await base.attacked((database) =>
      database
        .prepare('INSERT INTO event (idx, event_id, leaf) SELECT 620, randomblob(16), leaf FROM event WHERE idx = 619')
        .run(),
    )
    expect(firstBad(report, 'head')).toContain('entry 620')
    expect(await base.refusal()).toBe('head_mismatch')
  })

  it('bytes of a payload block', async () => {
    let index = -1
    const report = await base.attacked((database) => {
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
    expect(await base.refusal()).toBe('head_mismatch')
    folder.restore('clean')
    folder.run('DELETE FROM tile WHERE level = 1')
    expect(await base.refusal()).toBe('head_mismatch')
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
    expect(await base.refusal()).toBe('head_mismatch')
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
      expect([sql, await base.refusal()]).toEqual([sql, 'head_mismatch'])
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

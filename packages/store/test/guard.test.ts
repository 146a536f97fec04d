import { existsSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { openLedger, recoverLedger } from '@counterfoil/ledger'
import { openCheckpoint, signCheckpoint } from '@counterfoil/tlog'
import { createSigner, createVerifier } from '@counterfoil/tlog/node'
import { checkSettings, openDatabase, pragma } from '../src/drivers/sqlite/database.ts'
import { migrate } from '../src/drivers/sqlite/migrate.ts'
import { placeOf, readRememberedHead } from '../src/head-memory.ts'
import { readLogKeys } from '../src/key-files.ts'
import { createGenerator, createRandom } from './generated-events.ts'
import { failedChecks, LedgerFolder } from './ledger-folder.ts'
import { batchOf, commitTo, openLogFile, preparedEvent, requestOf } from './open-log-file.ts'
import { codeOf, filesOf, makeLog } from './made-log.ts'

let folder: LedgerFolder
beforeEach(() => {
  folder = new LedgerFolder()
})
afterEach(() => folder[Symbol.dispose]())

function open(options: { data?: string; state?: string; mode?: 'read' } = {}): Promise<string> {
  return codeOf(() => folder.use(() => undefined, options))
}

describe('settings of SQLite', () => {
  it('are read back, and anything less than WAL with FULL sync is refused', async () => {
    const database = new DatabaseSync(join(folder.root, 'a.db'))
    expect(await codeOf(() => checkSettings(database))).toBe('journal_mode_refused')
    database.exec('PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL')
    expect(await codeOf(() => checkSettings(database))).toBe('synchronous_refused')
    database.exec('PRAGMA synchronous=OFF')
    expect(await codeOf(() => checkSettings(database))).toBe('synchronous_refused')
    database.exec('PRAGMA synchronous=FULL')
    expect(await codeOf(() => checkSettings(database))).toBe('no error')
    database.close()
  })

  it('are made by opening, whatever the file had before', () => {
    const path = join(folder.root, 'a.db')
    const before = new DatabaseSync(path)
    before.exec('PRAGMA journal_mode=DELETE; CREATE TABLE t (a)')
    before.close()
    const database = openDatabase(path)
    expect([
      pragma(database, 'journal_mode'),
      pragma(database, 'synchronous'),
      pragma(database, 'secure_delete'),
    ]).toEqual(['wal', 2, 1])
    database.close()
  })

  it('a memory database cannot keep a write-ahead log', async () => {
    expect(await codeOf(() => openDatabase(':memory:'))).toBe('journal_mode_refused')
  })

  it('an SQLite that can corrupt such a database is refused before anything is written', async () => {
    const path = join(folder.root, 'a.db')
    for (const versionMin of ['99.0.0', '3.99.0', '3.53.99'])
      expect(await codeOf(() => openDatabase(path, { versionMin }))).toBe('sqlite_too_old')
    expect(existsSync(path) ? readFileSync(path).length : 0).toBe(0)
    expect(await codeOf(() => openDatabase(path, { versionMin: '3.9.9' }).close())).toBe('no error')
  })
})

describe('a size is signed once', () => {
  it('also when the head was set back and the checkpoints were kept', async () => {
    await makeLog(folder)
    folder.edit((database) => {
      database.exec('DELETE FROM event WHERE idx >= 3')
      database.exec('UPDATE head SET size = 3')
    })
    rmSync(folder.state, { recursive: true })
    expect(await open()).toBe('head_mismatch')
  })

  it('also when somebody else has signed it while the log was open', async () => {
    await makeLog(folder)
    using file = openLogFile(folder)
    const before = file.head
    folder.run(`INSERT INTO checkpoint (size, signed_ms, note) VALUES (7, 0, 'signed elsewhere')`)
    expect(() => commitTo(file, batchOf(1))).toThrow(/UNIQUE/)
    expect(file.head).toEqual(before)
    expect(file.maintain((database) => database.prepare('SELECT count(*) AS n FROM event').get()?.['n'])).toBe(6)
    // Other sizes go on.
    expect(commitTo(file, batchOf(2))[0]?.size).toBe(8)
  })
})

describe('what this machine remembers', () => {
  it('more entries than are here: refused', async () => {
    await makeLog(folder)
    folder.keep('older')
    await folder.use(({ log, principal }) =>
      log.ingest(JSON.stringify([createGenerator(createRandom(8))()]), { principal, format: 'json' }),
    )
    folder.restore('older')
    expect(await open()).toBe('rollback_detected')
    expect(await open({ mode: 'read' })).toBe('no error')
  })

  it('the same size with another root: refused', async () => {
    await makeLog(folder)
    folder.keep('one')
    const extra = (seed: number, state: string): Promise<unknown> =>
      folder.use(
        ({ log, principal }) =>
          log.ingest(JSON.stringify([createGenerator(createRandom(seed))()]), { principal, format: 'json' }),
        { state },
      )
    await extra(8, folder.state)
    folder.restore('one')
    await extra(9, join(folder.root, 'elsewhere'))
    expect(await open()).toBe('rollback_detected')
  })

  it('works in folders with any name and of any depth', async () => {
    for (const name of ['日本語 ÄÖ 🧾', `${'x'.repeat(60)}/${'ж'.repeat(80)}`]) {
      const data = join(folder.root, name)
      const state = join(folder.root, 'state', name)
      const vkey = await folder.use(
        async ({ log, principal }) => {
          await log.ingest(JSON.stringify([createGenerator(createRandom(8))()]), { principal, format: 'json' })
          return log.vkey
        },
        { data, state },
      )
      expect(readRememberedHead(state, vkey)).toMatchObject({ size: 1, data: placeOf(data) })
      expect(failedChecks(await folder.verify({ data, state }))).toEqual([])
    }
  })

  it('a torn record leaves the one before; nothing legible is refused and named by verify', async () => {
    const { vkey } = await makeLog(folder)
    await folder.use(({ log, principal }) =>
      log.ingest(JSON.stringify([createGenerator(createRandom(8))()]), { principal, format: 'json' }),
    )
    const path = join(folder.state, readdirSync(folder.state).find((name) => name.endsWith('.head')) ?? '')
    const bytes = readFileSync(path)
    const newest = bytes.subarray(0, 1024).includes('"size":7') ? 0 : 1024
    const torn = Buffer.from(bytes)
    torn.fill(' ', newest + 200, newest + 1024)
    writeFileSync(path, torn)
    expect(readRememberedHead(folder.state, vkey)?.size).toBe(6)
    writeFileSync(
      path,
      Buffer.from(bytes)
        .fill('z', 70, 90)
        .fill('z', 1024 + 70, 1024 + 90),
    )
    expect(await open()).toBe('data_invalid')
    expect(failedChecks(await folder.verify())).toEqual(['head remembered by this machine'])
  })

  it('a folder that cannot be written: refused', async () => {
    const state = join(folder.root, 'a-file')
    writeFileSync(state, '')
    expect(await open({ state })).toBe('data_unwritable')
    expect(readFileSync(state).length).toBe(0)
  })
})

describe('keys', () => {
  it('that are missing or not those of the log are refused, and nothing takes their place', async () => {
    await makeLog(folder)
    const keys = join(folder.data, 'keys')
    const other = new LedgerFolder()
    await other.use(() => undefined)
    const otherKeys = Object.fromEntries(
      readdirSync(join(other.data, 'keys')).map((name) => [
        name.replace(/^[0-9a-f]+/, ''),
        readFileSync(join(other.data, 'keys', name)),
      ]),
    )
    other[Symbol.dispose]()
    for (const name of readdirSync(keys)) {
      const path = join(keys, name)
      const kept = readFileSync(path)
      rmSync(path)
      expect([name, await open()]).toEqual([name, 'key_missing'])
      expect(existsSync(path)).toBe(false)
      for (const wrong of [
        Buffer.from('garbage\n'),
        Buffer.alloc(0),
        otherKeys[name.replace(/^[0-9a-f]+/, '')] ?? Buffer.alloc(0),
      ]) {
        writeFileSync(path, wrong)
        // Another vault key is a key like any other; it shows in the payloads.
        const isOtherVaultKey = name.includes('vault') && wrong.length > 20
        const answer = isOtherVaultKey ? failedChecks(await folder.verify()).join() : await open()
        expect([name, answer]).toEqual([name, isOtherVaultKey ? 'payloads' : 'key_invalid'])
        expect(readFileSync(path)).toEqual(wrong)
      }
      writeFileSync(path, kept)
    }
    expect(failedChecks(await folder.verify())).toEqual([])
  })
})

describe('migrations', () => {
  it('make a database from nothing, and again change nothing', () => {
    for (const prefix of ['', 'control-'] as const) {
      const database = openDatabase(join(folder.root, `m${prefix}.db`))
      migrate(database, prefix)
      const version = Number(pragma(database, 'user_version'))
      const schema = (): unknown => database.prepare('SELECT type, name, sql FROM sqlite_schema ORDER BY name').all()
      const before = schema()
      migrate(database, prefix)
      expect(schema()).toEqual(before)
      expect(version).toBe(prefix === '' ? 2 : 3)
      database.close()
    }
  })

  it('leave data of a newer program alone, for writing and for reading', async () => {
    await makeLog(folder)
    folder.keep('before')
    for (const path of [folder.databasePath(), join(folder.data, 'control.db')]) {
      folder.restore('before')
      const database = new DatabaseSync(path)
      database.exec('PRAGMA user_version=99')
      database.close()
      const before = filesOf(folder.data)
      expect(await open()).toBe('migration_failed')
      expect(await open({ mode: 'read' })).toBe('migration_failed')
      expect(filesOf(folder.data)).toEqual(before)
    }
  })

  it('bring a control file of the version before up to date', async () => {
    await makeLog(folder)
    const database = new DatabaseSync(join(folder.data, 'control.db'))
    database.exec('ALTER TABLE log DROP COLUMN made_as; PRAGMA user_version=2')
    database.close()
    expect(await open({ mode: 'read' })).toBe('no error')
    expect(await open()).toBe('no error')
    const after = new DatabaseSync(join(folder.data, 'control.db'))
    expect(pragma(after, 'user_version')).toBe(3)
    after.close()
  })
})

describe('a second opening', () => {
  it('is refused and says who has the directory; reading goes on beside it', async () => {
    await folder.use(async ({ ledger }) => {
      ledger.describeHolder('http://127.0.0.1:4711')
      await expect(openLedger({ data: folder.data, state: folder.state })).rejects.toMatchObject({
        code: 'data_in_use',
        message: expect.stringContaining('http://127.0.0.1:4711') as string,
      })
      expect(await open({ mode: 'read' })).toBe('no error')
      expect(await codeOf(() => recoverLedger({ data: folder.data, state: folder.state, acceptLoss: true }))).toBe(
        'data_in_use',
      )
    })
    expect(await open()).toBe('no error')
  })
})

describe('a checkpoint that a client brings', () => {
  const generate = createGenerator(createRandom(31))

  it('is known, or unsigned, or makes the log read-only for good', async () => {
    const { origin, vkey, checkpoint } = await makeLog(folder)
    folder.keep('older')
    const larger = await folder.use(({ log, principal }) =>
      log.ingest(JSON.stringify([generate(), generate()]), { principal, format: 'json' }),
    )
    folder.restore('older')
    const state = join(folder.root, 'new machine')
    await folder.use(
      async ({ log, principal }) => {
        expect(await log.witness(checkpoint)).toBe('known')
        const root = openCheckpoint(larger.checkpoint ?? '', { origin, verifiers: [createVerifier(vkey)] }).root
        const stranger = signCheckpoint({ origin, size: 900, root }, [createSigner(origin, new Uint8Array(32).fill(7))])
        for (const note of ['', 'x', stranger, checkpoint.replace('\n6\n', '\n7\n'), 'y'.repeat(1_000_000)]) {
          await expect(log.witness(note)).rejects.toMatchObject({ code: 'body_invalid' })
        }
        expect((await log.ingest(JSON.stringify([generate()]), { principal, format: 'json' })).acks).toHaveLength(1)
        expect(await log.witness(larger.checkpoint ?? '')).toBe('behind')
        await expect(log.ingest(JSON.stringify([generate()]), { principal, format: 'json' })).rejects.toMatchObject({
          code: 'log_read_only',
          message: expect.stringContaining('checkpoint') as string,
        })
        await expect(
          log.erase({ eventId: '00000000-0000-7000-8000-000000000000' }, { actorId: 'a', reasonCode: 'b' }),
        ).rejects.toMatchObject({ code: 'log_read_only' })
        expect((await log.report()).size).toBe(7)
      },
      { state },
    )
    // It stays so after a restart, and another log on the same server goes on.
    await folder.use(
      async ({ ledger, log, principal }) => {
        await expect(log.ingest(JSON.stringify([generate()]), { principal, format: 'json' })).rejects.toMatchObject({
          code: 'log_read_only',
        })
        expect((await log.verify()).ok).toBe(true)
        await ledger.createLog('other')
        const other = await ledger.log('other')
        expect(
          (
            await other.ingest(JSON.stringify([generate()]), {
              principal: { ...principal, log: 'other' },
              format: 'json',
            })
          ).acks,
        ).toHaveLength(1)
      },
      { state },
    )
    // Accepting the loss names the larger head that the client brought.
    const report = recoverLedger({ data: folder.data, state, log: 'main', acceptLoss: true })
    expect(report.predecessor).toMatchObject({ foundSize: 7, rememberedSize: 8 })
  })

  it('with another root at a size that the log has', async () => {
    const { origin, vkey, checkpoint } = await makeLog(folder)
    const seen = openCheckpoint(checkpoint, { origin, verifiers: [createVerifier(vkey)] })
    const id = readdirSync(join(folder.data, 'logs'))[0] ?? ''
    const { signer } = readLogKeys({ data: folder.data, log: 'main', id, origin }, {})
    const forked = signCheckpoint({ origin, size: 4, root: seen.root }, [signer])
    await folder.use(async ({ log }) => {
      expect(await log.witness(forked)).toBe('behind')
      expect(await codeOf(() => log.witness(checkpoint))).toBe('log_read_only')
    })
  })
})

describe('double delivery within one commit', () => {
  it('of an event without run but with payload is a duplicate, not a conflict, and leaves no key behind', async () => {
    await makeLog(folder)
    using file = openLogFile(folder)
    const keys = (): unknown =>
      file.maintain((database) => database.prepare('SELECT count(*) AS n FROM vault_key').get()?.['n'])
    const before = Number(keys())
    const event = preparedEvent('a body')
    const results = commitTo(file, requestOf(event, event), requestOf(event)).flatMap((result) => result.results)
    expect(results.map(({ status }) => status)).toEqual(['stored', 'duplicate', 'duplicate'])
    commitTo(file, requestOf(event))
    expect(Number(keys()) - before).toBe(1)
  })
})

import { existsSync, mkdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { backupLedger, recoverLedger } from '@counterfoil/ledger'
import { createGenerator, createRandom } from './generated-events.ts'
import { failedChecks, LedgerFolder } from './ledger-folder.ts'
import { codeOf, filesOf, makeLog } from './made-log.ts'

let folder: LedgerFolder
beforeEach(() => {
  folder = new LedgerFolder()
})
afterEach(() => folder[Symbol.dispose]())

function open(options: { data?: string; state?: string; mode?: 'read' } = {}): Promise<string> {
  return codeOf(() => folder.use(() => undefined, options))
}

describe('recover --accept-loss', () => {
  it('opens a successor whose first entry names the last known head; keys go on; both verify', async () => {
    const { key, origin, rememberedRoot } = await lose()
    folder.restore('older')
    expect(await open()).toBe('rollback_detected')
    const report = recoverLedger({ data: folder.data, state: folder.state, acceptLoss: true })
    expect(report).toMatchObject({
      log: 'main',
      predecessor: { log: 'main-until-6', origin, foundSize: 6, rememberedSize: 9 },
    })
    expect(report.origin).not.toBe(origin)
    await folder.use(async ({ ledger, log, principal }) => {
      expect(await ledger.keys.authenticate(key)).toMatchObject({ log: 'main', scopes: ['ingest', 'read', 'admin'] })
      const first = await firstLeaf(log)
      expect(first).toMatchObject({
        event_type: 'log_recovered',
        attributes: { predecessor: origin, found_size: 6, remembered_size: 9, remembered_root: rememberedRoot },
      })
      expect(
        (await log.ingest(JSON.stringify([createGenerator(createRandom(7))()]), { principal, format: 'json' })).acks,
      ).toHaveLength(1)
      expect(failedChecks(await log.verify())).toEqual([])
      const old = await ledger.log('main-until-6')
      expect((await old.report()).size).toBe(6)
      // The old log says openly what it lost, and nothing else is wrong with it.
      expect(failedChecks(await old.verify())).toEqual(['head remembered by this machine'])
      await expect(
        old.ingest(JSON.stringify([createGenerator(createRandom(7))()]), { principal, format: 'json' }),
      ).rejects.toMatchObject({ code: 'log_read_only' })
    })
  })

  it('also when the database cannot be read at all, or is gone', async () => {
    const { origin } = await lose()
    folder.keep('newest')
    for (const damage of ['garbage', 'gone'] as const) {
      folder.restore('newest')
      const path = folder.databasePath()
      for (const suffix of ['', '-wal', '-shm']) rmSync(path + suffix, { force: true })
      if (damage === 'garbage') writeFileSync(path, 'not a database '.repeat(5_000))
      expect(['data_invalid', 'rollback_detected', 'data_unwritable', 'head_mismatch']).toContain(await open())
      const report = recoverLedger({ data: folder.data, state: folder.state, acceptLoss: true })
      expect(report.predecessor).toMatchObject({ origin, foundSize: 0, rememberedSize: 9 })
      await folder.use(async ({ log, principal }) => {
        expect(
          (await log.ingest(JSON.stringify([createGenerator(createRandom(7))()]), { principal, format: 'json' })).acks,
        ).toHaveLength(1)
        expect(failedChecks(await log.verify())).toEqual([])
      })
      expect(existsSync(`${path}.damaged`)).toBe(damage === 'garbage')
    }
  })
})

describe('a backup', () => {
  it('verifies beside the log that goes on, and is refused once that has grown', async () => {
    await makeLog(folder)
    const to = join(folder.root, 'backup')
    await folder.use(({ log, principal }) => {
      backupLedger({ data: folder.data, to })
      return log.ingest(JSON.stringify([createGenerator(createRandom(7))()]), { principal, format: 'json' })
    })
    expect(failedChecks(await folder.verify({ data: to }))).toEqual([])
    expect(await open({ data: to })).toBe('rollback_detected')
    expect(await open()).toBe('no error')
  })

  it('is not made in the data directory, by no name', async () => {
    await makeLog(folder)
    const link = join(folder.root, 'link')
    symlinkSync(join(folder.data, 'logs'), link)
    const before = filesOf(folder.data)
    for (const to of [join(folder.data, 'logs', 'copy'), join(folder.data, 'a', 'b'), join(link, 'copy')])
      expect(await codeOf(() => backupLedger({ data: folder.data, to }))).toBe('backup_inside')
    expect(await codeOf(() => backupLedger({ data: folder.data, to: folder.data }))).toBe('backup_inside')
    expect(filesOf(folder.data)).toEqual(before)
    backupLedger({ data: folder.data, to: `${folder.data}-copy` })
    expect(failedChecks(await folder.verify({ data: `${folder.data}-copy` }))).toEqual([])
  })

  it('that was interrupted is no data directory', async () => {
    await makeLog(folder)
    const to = join(folder.root, 'backup')
    mkdirSync(to)
    rmSync(folder.databasePath())
    expect(await codeOf(() => backupLedger({ data: folder.data, to }))).not.toBe('no error')
    expect(await open({ data: to, mode: 'read' })).toBe('not_found')
  })
})

async function lose(): Promise<{ key: string; origin: string; rememberedRoot: string }> {
  const made = await folder.use(async ({ ledger, log, principal }) => {
    const next = createGenerator(createRandom(5), 2)
    await log.ingest(JSON.stringify(Array.from({ length: 6 }, next)), { principal, format: 'json' })
    return { key: ledger.firstStart?.adminKey ?? '', origin: log.origin }
  })
  folder.keep('older')
  const rememberedRoot = await folder.use(async ({ log, principal }) => {
    await log.ingest(JSON.stringify(Array.from({ length: 3 }, createGenerator(createRandom(6)))), {
      principal,
      format: 'json',
    })
    return (await log.report()).root
  })
  return { ...made, rememberedRoot }
}

async function firstLeaf(log: {
  tail: (options: { from: number; signal: AbortSignal }) => AsyncIterable<{ leaf: string }>
}): Promise<unknown> {
  const stop = new AbortController()
  for await (const { leaf } of log.tail({ from: 0, signal: stop.signal })) {
    stop.abort()
    return JSON.parse(leaf)
  }
  return undefined
}

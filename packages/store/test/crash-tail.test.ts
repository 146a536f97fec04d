import { copyFileSync, cpSync, mkdirSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { pragma } from '../src/drivers/sqlite/database.ts'
import { createRandom } from './generated-events.ts'
import { LedgerFolder } from './ledger-folder.ts'
import { batchOf, commitTo, openLogFile } from './open-log-file.ts'

interface Acked {
  readonly size: number
  readonly walBytes: number
  readonly eventIds: readonly string[]
}

const walHeaderBytes = 32

/** What a power cut leaves behind: the database, and the write-ahead log up to some byte behind the last sync. */
describe('power cut between two commits', () => {
  const random = createRandom(11)
  let folder: LedgerFolder
  let bare: string
  let path: string
  let wal: Buffer
  let frameBytes: number
  const acked: Acked[] = []

  beforeAll(async () => {
    folder = new LedgerFolder()
    await folder.use(({ log, principal }) => log.ingest(JSON.stringify([]), { principal, format: 'json' }))
    bare = folder.keep('bare')
    path = folder.databasePath()
    using file = openLogFile(folder)
    for (let commit = 0; commit < 8; commit += 1) {
      const [result] = commitTo(file, batchOf(1 + random(commit === 4 ? 300 : 12)))
      acked.push({
        size: file.head.size,
        walBytes: statSync(`${path}-wal`).size,
        eventIds: (result?.results ?? []).map(({ eventId }) => eventId),
      })
      // What this machine remembered when this commit was acknowledged.
      cpSync(folder.state, join(folder.root, `state-${commit}`), { recursive: true })
    }
    wal = readFileSync(`${path}-wal`)
    // The page size stands in the header; a frame is a page with its own header.
    frameBytes = wal.readUInt32BE(8) + 24
  })
  afterAll(() => folder[Symbol.dispose]())

  /** Puts back what the disk holds after the cut, opens it, and returns how many commits are there. */
  function reopen(commit: number, tail: Buffer): { size: number; goesOn: boolean } {
    folder.restore('bare')
    const log = path.slice(folder.data.length)
    mkdirSync(join(bare, log, '..'), { recursive: true })
    copyFileSync(join(bare, log), path)
    writeFileSync(`${path}-wal`, tail)
    const state = join(folder.root, 'state-now')
    cpSync(join(folder.root, `state-${commit}`), state, { recursive: true, force: true })
    using file = openLogFile(folder, { state })
    const { size } = file.head
    const stored = new Set<string>()
    file.maintain((database) => {
      for (const row of database.prepare('SELECT leaf FROM event').iterate()) {
        stored.add(
          (JSON.parse(Buffer.from(row['leaf'] as Uint8Array).toString('utf8')) as { event_id: string }).event_id,
        )
      }
    })
    for (const { eventIds } of acked.slice(0, commit + 1))
      for (const id of eventIds) if (!stored.has(id)) throw new Error(`${id} was acknowledged and is lost`)
    expect(stored.size).toBe(size)
    const [result] = commitTo(file, batchOf(2))
    return { size, goesOn: result?.size === size + 2 }
  }

  it('keeps every acknowledged event, at every frame and at any byte behind the last acknowledged commit', () => {
    for (const [commit, { size, walBytes }] of acked.entries()) {
      const next = acked[commit + 1]
      if (next === undefined) break
      expect((walBytes - walHeaderBytes) % frameBytes).toBe(0)
      const boundaries = Array.from(
        { length: (next.walBytes - walBytes) / frameBytes },
        (_, frame) => walBytes + frame * frameBytes,
      )
      const few = boundaries.filter((_, at) => at < 2 || at === boundaries.length - 1 || random(boundaries.length) < 4)
      const cuts = few.flatMap((at) => [at, at + 1 + random(frameBytes - 1)])
      for (const cut of cuts)
        expect(reopen(commit, wal.subarray(0, cut)), `commit ${commit}, cut at ${cut}`).toEqual({ size, goesOn: true })
      expect(reopen(commit, wal.subarray(0, next.walBytes))).toEqual({ size: next.size, goesOn: true })
    }
  })

  it('cuts a torn or garbled tail off', async () => {
    for (const [commit, { size, walBytes }] of acked.slice(0, -1).entries()) {
      const garbage = Buffer.from(Array.from({ length: 3 * frameBytes }, () => random(256)))
      expect(reopen(commit, Buffer.concat([wal.subarray(0, walBytes), garbage]))).toEqual({ size, goesOn: true })
      const end = acked[commit + 1]?.walBytes ?? walBytes
      const flipped = Buffer.from(wal.subarray(0, end))
      const at = walBytes + random(end - walBytes)
      flipped.writeUInt8((flipped[at] ?? 0) ^ 0x40, at)
      expect(reopen(commit, flipped), `bit flipped at ${at}`).toEqual({ size, goesOn: true })
    }
    expect((await folder.verify({ state: join(folder.root, 'state-now') })).ok).toBe(true)
  })

  it('would notice an acknowledgement that was not on disk', () => {
    const { walBytes } = acked[3] ?? { walBytes: 0 }
    expect(() => reopen(3, wal.subarray(0, walBytes - 1))).toThrow(/./)
  })

  it('runs every commit with synchronous=FULL on a write-ahead log', () => {
    folder.restore('bare')
    using file = openLogFile(folder, { state: join(folder.root, 'state-0-fresh') })
    const settings = file.maintain((database) =>
      ['journal_mode', 'fullfsync', 'wal_autocheckpoint'].map((name) => pragma(database, name)),
    )
    expect(settings).toEqual(['wal', 1, 0])
    expect(file.maintain((database) => pragma(database, 'synchronous'))).toBe(2)
  })
})

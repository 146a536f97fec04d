import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { recoverLedger } from '@counterfoil/ledger'
import { createGenerator, createRandom } from './generated-events.ts'
import { failedChecks, LedgerFolder } from './ledger-folder.ts'
import { batchOf, commitTo, openLogFile } from './open-log-file.ts'

let folder: LedgerFolder
beforeEach(() => {
  folder = new LedgerFolder()
})
afterEach(() => folder[Symbol.dispose]())

const generate = createGenerator(createRandom(2))
const send = (): Promise<unknown> =>
  folder.use(({ log, principal }) => log.ingest(JSON.stringify([generate()]), { principal, format: 'json' }))

function recordedTimes(): string[] {
  const times: string[] = []
  folder.edit((database) => {
    for (const row of database.prepare('SELECT CAST(leaf AS TEXT) AS leaf FROM event ORDER BY idx').iterate())
      times.push((JSON.parse(String(row['leaf'])) as { recorded_at: string }).recorded_at)
  })
  return times
}

describe('the clock', () => {
  it('may go back a little or stand still: recorded_at never decreases', async () => {
    await send()
    const base = Date.now() + 60_000
    let now = 0
    {
      using file = openLogFile(folder, { nowMs: () => now })
      for (const time of [base, base - 240_000, base, base + 5, base - 1, base + 6]) {
        now = time
        expect(commitTo(file, batchOf(3))[0]?.results.every(({ status }) => status === 'stored')).toBe(true)
      }
    }
    const recorded = recordedTimes()
    expect(recorded).toEqual(recorded.toSorted())
    expect(recorded.at(-1)).toBe(new Date(base + 6).toISOString())
    // What is said of signing is the clock's own time, by which one checkpoint a second is kept.
    folder.edit((database) => {
      const seconds = database.prepare('SELECT DISTINCT signed_ms / 1000 AS s FROM checkpoint').all()
      expect(seconds.map((row) => row['s'])).toContain(Math.floor((base - 240_000) / 1000))
    })
    expect(failedChecks(await folder.verify())).toEqual([])
  })

  it('that lies far back is an error and stores nothing, until it is right again', async () => {
    await send()
    const base = Date.now() + 60_000
    let now = base
    using file = openLogFile(folder, { nowMs: () => now })
    commitTo(file, batchOf(1))
    const { size } = file.head
    now = base - 3_600_000
    expect(() => commitTo(file, batchOf(1))).toThrow(expect.objectContaining({ code: 'clock_behind' }) as Error)
    expect(file.head.size).toBe(size)
    now = base + 1
    expect(commitTo(file, batchOf(1))[0]?.size).toBe(size + 1)
  })

  it('that was far ahead once: nothing is recorded under a false time, and a successor goes on', async () => {
    await send()
    {
      using file = openLogFile(folder, { nowMs: () => Date.parse('2099-01-01T00:00:00Z') })
      commitTo(file, batchOf(1))
    }
    await expect(send()).rejects.toMatchObject({ code: 'clock_behind' })
    recoverLedger({ data: folder.data, state: folder.state, acceptLoss: true })
    expect(await send()).toMatchObject({ rejected: [], size: 2 })
  })
})

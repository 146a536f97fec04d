import { cpSync, readdirSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createPlace, jsonLines, type Place } from './_program.ts'
import { refundEvents, writeLines } from './_transcripts.ts'

interface Report {
  readonly ok: boolean
  readonly checks: readonly { name: string; ok: boolean; first_bad?: string }[]
}

/** A log of 15 entries, and what it was when it had 10. */
let whole: Place
let older: string
beforeAll(async () => {
  whole = createPlace()
  const add = (runId: string): ReturnType<Place['run']> =>
    whole.run('import', 'ndjson', writeLines(whole, `${runId}.ndjson`, refundEvents(runId)))
  await add('run-a')
  await add('run-b')
  older = join(whole.folder, 'older')
  cpSync(whole.data, older, { recursive: true })
  await add('run-c')
})
afterAll(() => whole.remove())

/** Edits the log's file behind the program's back. */
function edit(place: Place, sql: string): void {
  const logs = join(place.data, 'logs')
  const [id = ''] = readdirSync(logs)
  const database = new DatabaseSync(join(logs, id, 'log.db'))
  database.exec(sql)
  database.close()
}

/** What verify finds in a copy of the log, after a change. Its place stays the same: that is what is remembered. */
async function verifyAfter(
  change: () => void,
): Promise<{ code: number | null; bad: readonly string[]; firstBad: string }> {
  const kept = join(whole.folder, 'kept')
  cpSync(whole.data, kept, { recursive: true })
  try {
    change()
    const { code, out } = await whole.run('verify', '--json')
    const [report] = jsonLines<Report>(out)
    const bad = (report?.checks ?? []).filter(({ ok }) => !ok)
    expect(report?.ok).toBe(bad.length === 0)
    return { code, bad: bad.map(({ name }) => name), firstBad: bad.map((check) => check.first_bad ?? '').join(' | ') }
  } finally {
    rmSync(whole.data, { recursive: true })
    cpSync(kept, whole.data, { recursive: true })
    rmSync(kept, { recursive: true })
  }
}

describe('verify ends with 3 and names what is wrong', () => {
  it('not on a log that nobody touched', async () => {
    expect(await verifyAfter(() => {})).toEqual({ code: 0, bad: [], firstBad: '' })
  })

  it('an edited entry', async () => {
    const found = await verifyAfter(() =>
      edit(whole, `UPDATE event SET leaf = CAST(replace(CAST(leaf AS TEXT), 'run-b', 'run-x') AS BLOB) WHERE idx = 7`),
    )
    expect(found).toMatchObject({ code: 3, bad: expect.arrayContaining(['root', 'checkpoints']) })
  })

  it('a cut end', async () => {
    const found = await verifyAfter(() => edit(whole, 'PRAGMA foreign_keys=OFF; DELETE FROM event WHERE idx = 14'))
    expect(found).toMatchObject({
      code: 3,
      bad: expect.arrayContaining(['leaves']),
      firstBad: expect.stringContaining('entry 14'),
    })
  })

  it('an older copy in its place, which is also not served', async () => {
    const restore = (): void => {
      rmSync(whole.data, { recursive: true })
      cpSync(older, whole.data, { recursive: true })
    }
    const found = await verifyAfter(restore)
    expect(found).toMatchObject({
      code: 3,
      bad: ['head remembered by this machine'],
      firstBad: expect.stringContaining('entry 10'),
    })
    const kept = join(whole.folder, 'kept-whole')
    cpSync(whole.data, kept, { recursive: true })
    restore()
    const served = await whole.run('serve', '--port', '0')
    expect(served).toMatchObject({ code: 3, out: '', err: expect.stringContaining('rollback_detected') })
    const recovered = await whole.run('recover', '--accept-loss', '--json')
    expect(recovered).toMatchObject({ code: 0 })
    expect(jsonLines(recovered.out)[0]).toMatchObject({
      log: 'main',
      predecessor: { foundSize: 10, rememberedSize: 15 },
    })
    expect((await whole.run('verify')).code).toBe(0)
    expect(jsonLines((await whole.run('search', '', '--json', '--log', 'main-until-10')).out)).toHaveLength(2)
    rmSync(whole.data, { recursive: true })
    cpSync(kept, whole.data, { recursive: true })
  })
})

describe('backup and rebuild', () => {
  it('a backup verifies as the log does, and is not overwritten', async () => {
    const to = join(whole.folder, 'backup')
    const made = await whole.run('backup', to, '--json')
    expect({ code: made.code, report: jsonLines(made.out)[0] }).toMatchObject({
      code: 0,
      report: { logs: [{ log: 'main', size: 15 }] },
    })
    const [copy, original] = [await whole.run('verify', '--data', to, '--json'), await whole.run('verify', '--json')]
    expect(copy.code).toBe(0)
    expect(jsonLines(copy.out)[0]?.['root']).toBe(jsonLines(original.out)[0]?.['root'])
    expect(await whole.run('backup', to)).toMatchObject({ code: 1, err: expect.stringContaining('backup_exists') })
  })

  it('a rebuild mends what is derived', async () => {
    edit(whole, `UPDATE run SET outcome = 'failed' WHERE run_id = 'run-a'`)
    expect(await whole.run('verify')).toMatchObject({
      code: 3,
      out: expect.stringMatching(/!! {2}projections .*run-a/),
    })
    expect(jsonLines((await whole.run('rebuild', '--json')).out)).toEqual([{ log: 'main', events: 15 }])
    expect((await whole.run('verify')).code).toBe(0)
  })
})

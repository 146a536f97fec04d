import { createEventId } from '@counterfoil/schema'
import { mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { afterAll, beforeAll, expect, test } from 'vitest'
import type { Ledger, Log } from '../ledger.ts'
import { openLedger } from '../open-ledger.ts'

const runId = 'run-verified'
const folder = mkdtempSync(join(tmpdir(), 'counterfoil-verify-'))
let ledger: Ledger

interface Subject {
  readonly log: Log
  readonly database: DatabaseSync
  readonly events: number
}
/** Some tiles. */
let small: Subject
/** More than one page of leaves, and than one tile of the first level above them. */
let large: Subject

beforeAll(async () => {
  ledger = await openLedger({ data: join(folder, 'data'), state: join(folder, 'state'), firstLog: 'small' })
  small = await fill('small', ledger.firstStart?.adminKey ?? '', 1_100)
  large = await fill('large', (await ledger.createLog('large')).adminKey, 17_000)
}, 60_000)

const logsFolder = (): string => join(folder, 'data', 'logs')

function sizeOf(path: string): number {
  using database = new DatabaseSync(path, { readOnly: true })
  return Number(database.prepare('SELECT size FROM head').get()?.['size'])
}

async function fill(name: string, adminKey: string, count: number): Promise<Subject> {
  const log = await ledger.log(name)
  const principal = await ledger.keys.authenticate(adminKey)
  if (principal === undefined) throw new Error('the admin key is not known')
  const events = Array.from({ length: count }, (_, at) => ({
    schema_version: '1.0',
    event_id: createEventId(),
    event_type: at === 0 ? 'run_created' : 'input_resolved',
    run_id: at < 40 ? runId : `run-${Math.floor(at / 50)}`,
    run_seq: at,
    actor: { type: 'agent', id: 'refunds' },
    ...(at === 0
      ? { workflow: { name: 'refunds', version: '1' }, trigger: { type: 'user', ref: 'ticket:1' }, payload: { at } }
      : { sources: [{ type: 'order', id: `W${at}` }], ...(at % 3 === 0 && { payload: { at } }) }),
  }))
  for (let at = 0; at < events.length; at += 1_000) {
    const { rejected } = await log.ingest(JSON.stringify(events.slice(at, at + 1_000)), { principal, format: 'json' })
    expect(rejected).toEqual([])
  }
  const path = readdirSync(logsFolder())
    .map((entry) => join(logsFolder(), entry, 'log.db'))
    .find((file) => sizeOf(file) === count)
  if (path === undefined) throw new Error(`the database of ${name} is not found`)
  return { log, database: new DatabaseSync(path), events: count }
}

afterAll(async () => {
  for (const { database } of [small, large]) database.close()
  await ledger[Symbol.asyncDispose]()
  rmSync(folder, { recursive: true, force: true })
})

/** Changes the database, verifies, and undoes the change. Gives what is wrong, by check. */
async function wrongAfter(
  { database, log }: Subject,
  change: (database: DatabaseSync) => unknown,
): Promise<Record<string, string | undefined>> {
  database.exec(
    "ATTACH ':memory:' AS kept; CREATE TABLE kept.event AS SELECT * FROM event; CREATE TABLE kept.tile AS SELECT * FROM tile; CREATE TABLE kept.vault_block AS SELECT * FROM vault_block",
  )
  try {
    change(database)
    const { ok, checks } = await log.verify()
    const wrong = checks.filter((check) => !check.ok)
    expect(ok).toBe(wrong.length === 0)
    return Object.fromEntries(wrong.map((check) => [check.name, check.first_bad]))
  } finally {
    for (const table of ['event', 'tile', 'vault_block'])
      database.exec(`DELETE FROM main.${table}; INSERT INTO main.${table} SELECT * FROM kept.${table}`)
    database.exec('DETACH kept')
  }
}

test('a whole log verifies, says how much it checked, and its progress ends at the end', async () => {
  const steps: number[] = []
  const report = await large.log.verify({ onProgress: (done) => steps.push(done) })
  expect(report.checks.filter(({ ok }) => !ok)).toEqual([])
  expect(Object.fromEntries(report.checks.map(({ name, count }) => [name, count]))).toMatchObject({
    leaves: large.events,
    // 66 full tiles of leaves, and the growing one of their 66 roots.
    tiles: Math.floor(large.events / 256) + 1,
    root: 1,
    'recorded_at never decreases': large.events,
    payloads: Math.ceil(large.events / 3),
    'entry columns': large.events,
  })
  expect(steps).toEqual(steps.toSorted((a, b) => a - b))
  expect(steps.at(-1)).toBe(large.events)
})

test('one changed byte of a leaf is named, early and in the last page', async () => {
  for (const index of [3, 16_600]) {
    const wrong = await wrongAfter(large, (database) =>
      database
        .prepare("UPDATE event SET leaf = CAST(replace(leaf, 'refunds', 'refundt') AS BLOB) WHERE idx = ?")
        .run(index),
    )
    expect(wrong['tiles']).toBe(`entry ${index} does not hash to what tile 0/${Math.floor(index / 256)} says`)
    expect(wrong['root']).toBeDefined()
    expect(wrong['checkpoints']).toBeDefined()
  }
  const beyondTiles = await wrongAfter(large, (database) =>
    database
      .prepare("UPDATE event SET leaf = CAST(replace(leaf, 'refunds', 'refundt') AS BLOB) WHERE idx = ?")
      .run(16_999),
  )
  expect(beyondTiles['tiles']).toBeUndefined()
  expect(beyondTiles['root']).toBeDefined()
})

/** What is wrong when one leaf is the value of this expression. */
function change(sql: string): Promise<Record<string, string | undefined>> {
  return wrongAfter(small, (database) => database.exec(`UPDATE event SET leaf = CAST(${sql} AS BLOB) WHERE idx = 900`))
}

test('a leaf that is no envelope, or says another place or log, is named', async () => {
  expect(await change("'not json'")).toMatchObject({ leaves: 'entry 900 cannot be read' })
  expect(await change("'null'")).toMatchObject({ leaves: 'entry 900 cannot be read' })
  expect(await change(`replace(leaf, '"index":900', '"index":901')`)).toMatchObject({
    leaves: 'entry 900 does not say that it is entry 900',
  })
  expect(await change(`replace(leaf, '"log":"', '"log":"other')`)).toMatchObject({
    leaves: 'entry 900 does not say that it is of this log',
  })
  const dated = await change(`replace(leaf, '"recorded_at":"2', '"recorded_at":"1')`)
  expect(dated['recorded_at never decreases']).toMatch(/^entry 900 \(.*\) was recorded before/)
  expect(await change(`replace(leaf, '"payload":{"commitment":"', '"payload":{"commitment":"x')`)).toMatchObject({
    payloads: expect.stringMatching(
      /^the payload of entry 900 .* does not open or does not fit its commitment$/,
    ) as unknown,
  })
})

test('a missing entry, tile or payload is named', async () => {
  expect(await wrongAfter(small, (database) => database.exec('DELETE FROM event WHERE idx = 1024'))).toMatchObject({
    leaves: 'entry 1024 is missing',
  })
  expect(await wrongAfter(small, (database) => database.exec('DELETE FROM tile WHERE level = 0 AND n = 3'))).toEqual({
    tiles: 'tile 0/3 is missing',
  })
  expect(await wrongAfter(small, (database) => database.exec('DELETE FROM tile WHERE level = 1'))).toEqual({
    tiles: 'tile 1/0 is missing',
  })
  expect(
    await wrongAfter(small, (database) => database.exec('UPDATE event SET block = NULL WHERE idx = 900')),
  ).toMatchObject({
    payloads: expect.stringMatching(
      /^the payload of entry 900 .* is missing and no payload_erased names it$/,
    ) as unknown,
  })
  expect(
    await wrongAfter(small, (database) => database.exec("UPDATE vault_block SET sealed = x'00' WHERE id = 1")),
  ).toEqual({
    payloads: expect.stringMatching(/^the payload of entry 0 .* does not open/) as unknown,
  })
})

test('a changed or added tile is named', async () => {
  const changed = await wrongAfter(small, (database) =>
    database.exec('UPDATE tile SET hashes = CAST(zeroblob(32) || substr(hashes, 33) AS BLOB) WHERE level = 1'),
  )
  expect(changed).toEqual({ tiles: 'hash 0 of tile 1/0 does not follow from the entries' })
  for (const [level, index] of [
    [0, 4],
    [1, 1],
    [2, 0],
    [9, 0],
    [-1, 0],
  ] as const) {
    const added = await wrongAfter(small, (database) =>
      database.prepare("INSERT INTO tile VALUES (?, ?, x'00')").run(level, index),
    )
    expect(added).toEqual({ tiles: `tile ${level}/${index} follows from no entry` })
  }
})

test('erasure on record is no alarm, also when it comes while the verification runs', async () => {
  await small.log.erase({ runId }, { actorId: 'operator', reasonCode: 'request' })
  expect((await small.log.verify()).checks.filter(({ ok }) => !ok)).toEqual([])
  let erased: Promise<unknown> | undefined
  const report = await small.log.verify({
    onProgress: () => {
      erased ??= small.log.erase({ runId: 'run-20' }, { actorId: 'operator', reasonCode: 'request' })
    },
  })
  await erased
  expect(report.checks.filter(({ ok }) => !ok)).toEqual([])
  // Cutting the record of the erasure out is seen.
  const wrong = await wrongAfter(small, (database) =>
    database.exec(
      `UPDATE event SET leaf = CAST(replace(leaf, 'payload_erased', 'payload_viewed') AS BLOB) WHERE idx >= ${small.events}`,
    ),
  )
  expect(wrong['payloads']).toMatch(/^the payload of entry 0 .* is missing and no payload_erased names it$/)
})

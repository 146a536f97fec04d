import { hash } from 'node:crypto'
import { closeSync, fdatasyncSync, openSync, writeSync } from 'node:fs'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { median } from './row.ts'
import { rowsOf, type Batch } from './workload.ts'

/** Milliseconds of one fdatasync after a write of a page: the median of a good second's worth at most. */
export function fdatasyncMs(folder: string): number {
  const file = openSync(join(folder, 'fdatasync'), 'w')
  try {
    const page = Buffer.alloc(4_096, 1)
    const times: number[] = []
    for (const begun = performance.now(); times.length < 300 && performance.now() - begun < 2_000;) {
      writeSync(file, page)
      const before = performance.now()
      fdatasyncSync(file)
      times.push(performance.now() - before)
    }
    return median(times)
  } finally {
    closeSync(file)
  }
}

type StoredRow = ReturnType<typeof rowsOf>[number]

/** The rows that a store would keep of these batches, one group a transaction. Made ahead: it is no part of a limit. */
export function storedGroups(batches: readonly Batch[]): StoredRow[][] {
  let index = 0
  return batches.map((batch) => {
    const rows = rowsOf(batch, index)
    index += batch.events
    return rows
  })
}

/** Events a second into SQLite alone: WAL, FULL, a transaction a group; leaf, payload, and an index of the event ids. */
export function rawSqliteRate(folder: string, groups: readonly StoredRow[][]): number {
  using database = new DatabaseSync(join(folder, 'raw.db'))
  database.exec('PRAGMA page_size=8192; PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; PRAGMA cache_size=-65536')
  database.exec(
    'CREATE TABLE event (idx INTEGER PRIMARY KEY, event_id BLOB NOT NULL UNIQUE, leaf BLOB NOT NULL) STRICT',
  )
  database.exec('CREATE TABLE payload (idx INTEGER PRIMARY KEY, body BLOB NOT NULL) STRICT')
  const event = database.prepare('INSERT INTO event VALUES (?, ?, ?)')
  const payload = database.prepare('INSERT INTO payload VALUES (?, ?)')
  let index = 0
  const begun = performance.now()
  for (const group of groups) {
    database.exec('BEGIN IMMEDIATE')
    for (const row of group) {
      event.run(index, row.eventId, row.leaf)
      if (row.payload !== null) payload.run(index, row.payload)
      index += 1
    }
    database.exec('COMMIT')
  }
  return (index * 1000) / (performance.now() - begun)
}

/** Events a second into a file: append, SHA-256 of each leaf, and one fdatasync a group. */
export function rawFileRate(folder: string, groups: readonly StoredRow[][]): number {
  const file = openSync(join(folder, 'raw.log'), 'w')
  try {
    let events = 0
    const begun = performance.now()
    for (const group of groups) {
      for (const { leaf } of group) hash('sha256', leaf, 'binary')
      writeSync(
        file,
        Buffer.concat(group.flatMap(({ leaf, payload }) => (payload === null ? [leaf] : [leaf, payload]))),
      )
      fdatasyncSync(file)
      events += group.length
    }
    return (events * 1000) / (performance.now() - begun)
  } finally {
    closeSync(file)
  }
}

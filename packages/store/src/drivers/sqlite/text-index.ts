import { mkdirSync, rmSync } from 'node:fs'
import { DatabaseSync } from 'node:sqlite'
import { StoreError } from '../../errors.ts'
import { textParts, type EventText } from '../../text-words.ts'
import { partitionEvents, partitionPath, partitionsIn } from './text-reader.ts'

const schema = `
  CREATE VIRTUAL TABLE IF NOT EXISTS body USING fts5 (${textParts.join(', ')}, content = '', contentless_delete = 1, tokenize = "unicode61 remove_diacritics 2");
  CREATE TABLE IF NOT EXISTS progress (only_row INTEGER PRIMARY KEY CHECK (only_row = 1), indexed_through INTEGER NOT NULL);
`

/** Writes the full-text partitions of one log: rebuildable, asynchronous, one after another as the log grows. */
export class TextIndex implements Disposable {
  readonly #folder: string
  #partition = -1
  #database: DatabaseSync | undefined

  constructor(folder: string) {
    this.#folder = folder
    mkdirSync(folder, { recursive: true, mode: 0o700 })
  }

  /** Where to go on: events below this index are searchable. */
  indexedThrough(): number {
    const [newest] = partitionsIn(this.#folder)
    if (newest === undefined) return 0
    return Number(
      this.#open(newest).prepare('SELECT indexed_through AS n FROM progress').get()?.['n'] ?? newest * partitionEvents,
    )
  }

  /** Adds events in index order; they may cross a partition. */
  add(events: readonly EventText[]): void {
    for (let at = 0; at < events.length;) {
      const partition = Math.floor((events[at]?.index ?? 0) / partitionEvents)
      const end = events.findIndex(
        (event, position) => position > at && Math.floor(event.index / partitionEvents) !== partition,
      )
      const chunk = events.slice(at, end === -1 ? events.length : end)
      this.#addTo(partition, chunk)
      at += chunk.length
    }
  }

  #addTo(partition: number, events: readonly EventText[]): void {
    const database = this.#open(partition)
    inTransaction(database, () => {
      // A part is one of a closed list, so it may stand in the statement.
      const inserts = new Map(
        textParts.map((part) => [part, database.prepare(`INSERT INTO body (rowid, ${part}) VALUES (?, ?)`)]),
      )
      // In the order of rows: FTS5 writes out what it has gathered whenever a row goes back.
      for (const { index, part, words } of events) if (words !== '') inserts.get(part)?.run(index, words)
      const through = (events.at(-1)?.index ?? 0) + 1
      database
        .prepare(
          'INSERT INTO progress (only_row, indexed_through) VALUES (1, ?) ON CONFLICT (only_row) DO UPDATE SET indexed_through = excluded.indexed_through',
        )
        .run(through)
    })
  }

  /**
   * Takes events out for good. Deleting alone would leave their words in the file: only a merge of all segments removes them.
   *
   * @throws StoreError `database_busy` when a reader keeps the old pages; to be tried again
   */
  erase(indexes: readonly number[]): void {
    const byPartition = Map.groupBy(indexes, (index) => Math.floor(index / partitionEvents))
    for (const [partition, rows] of byPartition) {
      if (!partitionsIn(this.#folder).includes(partition)) continue
      const database = this.#open(partition)
      const remove = database.prepare('DELETE FROM body WHERE rowid = ?')
      inTransaction(database, () => {
        for (const row of rows) remove.run(row)
        database.exec("INSERT INTO body (body) VALUES ('optimize')")
      })
      database.exec('VACUUM')
      if (database.prepare('PRAGMA wal_checkpoint(TRUNCATE)').get()?.['busy'] !== 0) {
        throw new StoreError(
          'database_busy',
          'A reader keeps pages of the text index that hold erased words. They are taken out as soon as it ends.',
        )
      }
    }
  }

  /** Removes everything; the index is made again from the log. */
  clear(): void {
    this[Symbol.dispose]()
    this.#partition = -1
    rmSync(this.#folder, { recursive: true, force: true })
    mkdirSync(this.#folder, { recursive: true, mode: 0o700 })
  }

  #open(partition: number): DatabaseSync {
    if (this.#database === undefined || this.#partition !== partition) {
      this.#database?.close()
      this.#database = new DatabaseSync(partitionPath(this.#folder, partition), { timeout: 5_000 })
      // The index can be made again from the log, so it need not wait for the disk.
      this.#database.exec('PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL; PRAGMA secure_delete=ON')
      this.#database.exec(schema)
      this.#partition = partition
    }
    return this.#database
  }

  [Symbol.dispose](): void {
    this.#database?.close()
    this.#database = undefined
  }
}

function inTransaction(database: DatabaseSync, work: () => void): void {
  database.exec('BEGIN IMMEDIATE')
  try {
    work()
    database.exec('COMMIT')
  } catch (error) {
    // A full disk has rolled back already.
    if (database.isTransaction) database.exec('ROLLBACK')
    throw error
  }
}

import { DatabaseSync } from 'node:sqlite'
import { StoreError } from '../../errors.ts'

/** Below this, two connections that write and checkpoint at once can corrupt a WAL database. */
const sqliteVersionMin = '3.51.3'

export interface OpenDatabaseOptions {
  readonly readOnly?: boolean
  /** For tests: what the guard must refuse. */
  readonly versionMin?: string
}

/**
 * For connections that answer queries: rows that a filter looks at lie far apart, and SQLite's own 2 MB would read the
 * same pages of the indexes again and again within one statement.
 */
export const readerCache = 'PRAGMA cache_size=-32768'

/** Opens a database file with the settings that an acknowledgement rests on, reads them back, and refuses anything less. */
export function openDatabase(path: string, options: OpenDatabaseOptions = {}): DatabaseSync {
  const readOnly = options.readOnly ?? false
  const database = explainIo(() => new DatabaseSync(path, { readOnly, timeout: 5_000 }))
  try {
    explainIo(() => {
      checkVersion(database, options.versionMin ?? sqliteVersionMin)
      if (readOnly) return
      // The newest leaves and the hot pages of the indexes stay in memory. Pages keep SQLite's own size: with larger ones a
      // commit of one event, which touches two dozen pages, writes twice as much.
      database.exec('PRAGMA cache_size=-65536')
      database.exec('PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL')
      database.exec('PRAGMA fullfsync=1; PRAGMA checkpoint_fullfsync=1; PRAGMA secure_delete=ON; PRAGMA mmap_size=0')
      checkSettings(database)
    })
  } catch (error) {
    database.close()
    throw error
  }
  return database
}

/** Journal mode and sync level, read back; a driver that silently weakens them must not acknowledge anything. */
export function checkSettings(database: DatabaseSync): void {
  const journal = pragma(database, 'journal_mode')
  if (journal !== 'wal') {
    throw new StoreError(
      'journal_mode_refused',
      `SQLite runs with journal_mode=${String(journal)} here, but wal is needed. Put the data directory on a local file system. Nothing was written.`,
    )
  }
  const synchronous = pragma(database, 'synchronous')
  if (synchronous !== 2) {
    throw new StoreError(
      'synchronous_refused',
      `SQLite runs with synchronous=${String(synchronous)}, but FULL (2) is needed: acknowledged events could vanish in a power cut. Nothing was written.`,
    )
  }
}

function checkVersion(database: DatabaseSync, minimum: string): void {
  const row = database.prepare('SELECT sqlite_version() AS version').get()
  const version = String(row?.['version'])
  const [a, b] = [version, minimum].map((text) => text.split('.').map(Number)) as [number[], number[]]
  const difference = [0, 1, 2].map((at) => (a[at] ?? 0) - (b[at] ?? 0)).find((delta) => delta !== 0) ?? 0
  if (difference < 0) {
    throw new StoreError(
      'sqlite_too_old',
      `SQLite ${version} has a fault that can corrupt this database; ${minimum} or newer is needed. Update Node.js. Nothing was written.`,
    )
  }
}

export function pragma(database: DatabaseSync, name: string): unknown {
  const row = database.prepare(`PRAGMA ${name}`).get()
  return row === undefined ? undefined : Object.values(row)[0]
}

interface SqliteFailure extends Error {
  readonly errcode: number
}

export function isSqliteFailure(error: unknown): error is SqliteFailure {
  return error instanceof Error && 'errcode' in error && typeof error.errcode === 'number'
}

const sqliteBusy = 5
const sqliteReadonly = 8
const sqliteIoErr = 10
/** Growing the shared index of the WAL failed: what a full disk looks like there. */
const sqliteIoErrShmSize = 4874
const sqliteCorrupt = 11
const sqliteFull = 13
const sqliteCantOpen = 14
const sqliteNotADb = 26

/** Turns what SQLite reports into our codes; everything else passes through. */
export function storeErrorOf(error: unknown): unknown {
  if (!isSqliteFailure(error)) return error
  const primary = error.errcode & 0xff
  if (primary === sqliteFull || error.errcode === sqliteIoErrShmSize) {
    return new StoreError(
      'disk_full',
      'The disk is full. Nothing of this batch was stored; what was acknowledged before is safe. Free some space and send it again.',
      { cause: error },
    )
  }
  if (primary === sqliteBusy) {
    return new StoreError(
      'database_busy',
      'Another connection kept the database for too long. Nothing of this batch was stored; send it again.',
      { cause: error },
    )
  }
  if (primary === sqliteReadonly || primary === sqliteCantOpen) {
    return new StoreError(
      'data_unwritable',
      `The data directory cannot be written (${error.message}). Nothing was stored.`,
      { cause: error },
    )
  }
  if (primary === sqliteIoErr) {
    return new StoreError(
      'io_error',
      `The disk failed (${error.message}). Nothing of this batch is acknowledged; stop, check the disk, and start again: the log verifies itself.`,
      { cause: error },
    )
  }
  if (primary === sqliteCorrupt || primary === sqliteNotADb) {
    return new StoreError(
      'data_invalid',
      `The database file is damaged (${error.message}). Restore a backup; nothing was written.`,
      { cause: error },
    )
  }
  return error
}

export function explainIo<T>(work: () => T): T {
  try {
    return work()
  } catch (error) {
    throw storeErrorOf(error)
  }
}

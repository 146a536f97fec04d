import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { StoreError } from '../../errors.ts'
import { isSqliteFailure } from './database.ts'

/** The folders of a data directory, made with rights for this user alone. */
export function makeDataFolder(data: string): void {
  try {
    mkdirSync(join(data, 'logs'), { recursive: true, mode: 0o700 })
  } catch (error) {
    throw new StoreError(
      'data_unwritable',
      `The data directory ${data} cannot be made or written. Nothing was stored; choose another with --data, or mend its rights.`,
      { cause: error },
    )
  }
}

/**
 * Takes a data directory for this process alone, by an exclusive lock of the operating system that ends with the process,
 * however it ends.
 */
export class DataLock implements Disposable {
  readonly #database: DatabaseSync
  readonly #note: string

  constructor(data: string) {
    this.#note = join(data, 'lock.txt')
    try {
      this.#database = new DatabaseSync(join(data, 'lock.db'), { timeout: 0 })
    } catch (error) {
      throw new StoreError('data_unwritable', `The data directory ${data} cannot be written. Nothing was stored.`, {
        cause: error,
      })
    }
    try {
      this.#database.exec('PRAGMA journal_mode=MEMORY; PRAGMA locking_mode=EXCLUSIVE; BEGIN EXCLUSIVE')
      writeFileSync(this.#note, `pid ${process.pid}\n`, { mode: 0o600 })
    } catch (error) {
      this.#database.close()
      if (isSqliteFailure(error) && (error.errcode & 0xff) === 5) {
        throw new StoreError(
          'data_in_use',
          `Another process (${holder(this.#note)}) has the data directory ${data}. One writer at a time: talk to it with --url, or stop it first. Nothing was changed.`,
          { cause: error },
        )
      }
      throw new StoreError(
        'data_unwritable',
        `The data directory ${data} cannot be written. Nothing was stored; mend its rights or choose another with --data.`,
        { cause: error },
      )
    }
  }

  /** What the next process is told when it finds the directory taken: the URL of a server, say. */
  describe(text: string): void {
    writeFileSync(this.#note, `pid ${process.pid}, ${text}\n`, { mode: 0o600 })
  }

  [Symbol.dispose](): void {
    this.#database.close()
  }
}

function holder(note: string): string {
  try {
    return readFileSync(note, 'utf8').trim()
  } catch {
    return 'unknown'
  }
}

import { readdirSync, readFileSync } from 'node:fs'
import type { DatabaseSync } from 'node:sqlite'
import { StoreError } from '../../errors.ts'
import { explainIo, storeErrorOf } from './database.ts'

/** `sql/` lies at the package root, so this path means the same from `src/` and from `dist/`. */
const folder = new URL('../../../sql/sqlite/', import.meta.url)

/** The numbered files of one kind: `0001.sql` with prefix `''`, `control-0001.sql` with prefix `control-`. */
function migrations(prefix: string): { version: number; sql: string }[] {
  const pattern = new RegExp(`^${prefix}(\\d{4})\\.sql$`)
  return readdirSync(folder)
    .map((name) => ({ name, version: Number(pattern.exec(name)?.[1] ?? 0) }))
    .filter(({ version }) => version > 0)
    .toSorted((a, b) => a.version - b.version)
    .map(({ name, version }) => ({ version, sql: readFileSync(new URL(name, folder), 'utf8') }))
}

/**
 * Brings a database to the newest schema, each step in a transaction under SQLite's own lock. The version stands in
 * `user_version`. A file that is newer than this program is refused and left alone.
 */
export function migrate(database: DatabaseSync, prefix: '' | 'control-'): void {
  const steps = migrations(prefix)
  refuseNewer(database, prefix)
  const versionNow = (): number => versionOf(database)
  for (const { version, sql } of steps) {
    if (versionNow() >= version) continue
    explainIo(() => database.exec('BEGIN IMMEDIATE'))
    try {
      // Another process may have won the lock and done it.
      if (versionNow() < version) {
        database.exec(sql)
        database.exec(`PRAGMA user_version=${version}`)
      }
      database.exec('COMMIT')
    } catch (error) {
      // A full disk has rolled back already.
      if (database.isTransaction) database.exec('ROLLBACK')
      const known = storeErrorOf(error)
      if (known instanceof StoreError) throw known
      throw new StoreError(
        'migration_failed',
        `Migration ${version} failed and was rolled back. The data is as before.`,
        { cause: error },
      )
    }
  }
}

function versionOf(database: DatabaseSync): number {
  return explainIo(() => Number(Object.values(database.prepare('PRAGMA user_version').get() ?? {})[0]))
}

/** Refuses a file that a newer program wrote; readers do not migrate, but must not misread either. */
export function refuseNewer(database: DatabaseSync, prefix: '' | 'control-'): void {
  const newest = migrations(prefix).at(-1)?.version ?? 0
  const version = versionOf(database)
  if (version > newest) {
    throw new StoreError(
      'migration_failed',
      `The data was written by a newer version (schema ${version}, this program knows ${newest}). Nothing was changed; use the newer program.`,
    )
  }
}

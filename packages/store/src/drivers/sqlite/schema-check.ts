import type { DatabaseSync } from 'node:sqlite'
import type { ProjectionDifference } from '../../event-store.ts'
import { pragma } from './database.ts'

/** Tables, indexes, triggers and views of a file that are not those of a new one: a trigger can change what is written. */
export function schemaDifferences(live: DatabaseSync, fresh: DatabaseSync): ProjectionDifference[] {
  // A file of an older version, opened for reading, is brought up to date when it is next opened for writing.
  if (pragma(live, 'user_version') !== pragma(fresh, 'user_version')) return []
  const [found, wanted] = [schemaOf(live), schemaOf(fresh)]
  return [...new Set([...found.keys(), ...wanted.keys()])].flatMap((id) => {
    const message = !wanted.has(id)
      ? 'does not belong in the database'
      : !found.has(id)
        ? 'is missing in the database'
        : found.get(id) === wanted.get(id)
          ? undefined
          : 'is another one in the database'
    return message === undefined ? [] : [{ table: 'schema', id, message }]
  })
}

function schemaOf(database: DatabaseSync): Map<string, string> {
  const rows = database.prepare('SELECT type, name, tbl_name, sql FROM sqlite_schema').all()
  return new Map(rows.map((row) => [`${String(row['type'])} ${String(row['name'])}`, JSON.stringify(row)]))
}

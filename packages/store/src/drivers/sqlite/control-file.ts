import type { DatabaseSync } from 'node:sqlite'
import { StoreError } from '../../errors.ts'
import { explainIo, openDatabase } from './database.ts'
import { migrate, refuseNewer } from './migrate.ts'

/** A log as the data directory knows it. */
export interface ControlLog {
  readonly log: string
  /** Its folder, and the unguessable part of its public tile URL. */
  readonly id: string
  readonly origin: string
  readonly vkey: string
  readonly createdAt: string
  /** Set on a log that lost entries: it is read and never written again. */
  readonly closedAt?: string
  /** A checkpoint signed by this log that its entries contradict: it is read and not written to. */
  readonly contradictedBy?: string
  /** On a closed log the name that it had: variables of the environment that give its keys go by it. */
  readonly madeAs?: string
}

/** An API key at rest: the hash of its token, never the token. */
export interface ApiKeyRecord {
  readonly id: string
  readonly log: string
  readonly name: string
  readonly scopes: readonly string[]
  readonly hash: Uint8Array
  readonly createdAt: string
  readonly revokedAt?: string
}

/** `control.db`: the logs and API keys of a data directory. Several processes may use it at once. */
export class ControlFile implements Disposable {
  readonly #database: DatabaseSync

  constructor(path: string, options: { readOnly?: boolean } = {}) {
    this.#database = openDatabase(path, options)
    try {
      if (options.readOnly === true) refuseNewer(this.#database, 'control-')
      else migrate(this.#database, 'control-')
    } catch (error) {
      this.#database.close()
      throw error
    }
  }

  logs(): ControlLog[] {
    // All columns, because a reader may meet a file of the version before.
    return explainIo(() => this.#database.prepare('SELECT * FROM log ORDER BY created_at, name').all()).map((row) => ({
      log: String(row['name']),
      id: String(row['id']),
      origin: String(row['origin']),
      vkey: String(row['vkey']),
      createdAt: String(row['created_at']),
      ...(row['closed_at'] !== null && { closedAt: String(row['closed_at']) }),
      ...(typeof row['contradicted_by'] === 'string' && { contradictedBy: row['contradicted_by'] }),
      ...(typeof row['made_as'] === 'string' && { madeAs: row['made_as'] }),
    }))
  }

  /** Keeps the checkpoint that a log contradicts. Durable when it returns; the first one stays. */
  contradictLog(log: string, checkpoint: string): void {
    explainIo(() =>
      this.#database
        .prepare('UPDATE log SET contradicted_by = ? WHERE name = ? AND contradicted_by IS NULL')
        .run(checkpoint, log),
    )
  }

  addLog(log: ControlLog): void {
    explainIo(() =>
      this.#database
        .prepare('INSERT INTO log (name, id, origin, vkey, created_at) VALUES (?, ?, ?, ?, ?)')
        .run(log.log, log.id, log.origin, log.vkey, log.createdAt),
    )
  }

  /** Closes a log under another name and gives its name, and with it its API keys, to its successor. */
  replaceLog(name: string, closedName: string, successor: ControlLog): void {
    this.#database.exec('BEGIN IMMEDIATE; PRAGMA defer_foreign_keys=ON')
    try {
      this.#database
        .prepare('UPDATE log SET name = ?, closed_at = ?, made_as = ? WHERE name = ?')
        .run(closedName, successor.createdAt, name, name)
      this.addLog(successor)
      this.#database.exec('COMMIT')
    } catch (error) {
      if (this.#database.isTransaction) this.#database.exec('ROLLBACK')
      throw error
    }
  }

  keys(log?: string): ApiKeyRecord[] {
    const rows = this.#database
      .prepare('SELECT * FROM api_key WHERE ?1 IS NULL OR log = ?1 ORDER BY created_at, id')
      .all(log ?? null)
    return rows.map(keyOf)
  }

  key(id: string): ApiKeyRecord | undefined {
    const row = this.#database.prepare('SELECT * FROM api_key WHERE id = ?').get(id)
    return row === undefined ? undefined : keyOf(row)
  }

  addKey(key: ApiKeyRecord): void {
    if (!this.logs().some((log) => log.log === key.log))
      throw new StoreError('log_unknown', `No log is called ${key.log}. No key was made.`)
    explainIo(() =>
      this.#database
        .prepare('INSERT INTO api_key (id, log, name, scopes, hash, created_at) VALUES (?, ?, ?, ?, ?, ?)')
        .run(key.id, key.log, key.name, key.scopes.join(' '), key.hash, key.createdAt),
    )
  }

  revokeKey(id: string, revokedAt: string): boolean {
    const { changes } = explainIo(() =>
      this.#database
        .prepare('UPDATE api_key SET revoked_at = ? WHERE id = ? AND revoked_at IS NULL')
        .run(revokedAt, id),
    )
    return changes === 1
  }

  /** A consistent copy, also while others write. */
  copyTo(path: string): void {
    explainIo(() => this.#database.prepare('VACUUM INTO ?').run(path))
  }

  [Symbol.dispose](): void {
    this.#database.close()
  }
}

function keyOf(row: Record<string, unknown>): ApiKeyRecord {
  return {
    id: String(row['id']),
    log: String(row['log']),
    name: String(row['name']),
    scopes: String(row['scopes']).split(' '),
    hash: row['hash'] as Uint8Array,
    createdAt: String(row['created_at']),
    ...(typeof row['revoked_at'] === 'string' && { revokedAt: row['revoked_at'] }),
  }
}

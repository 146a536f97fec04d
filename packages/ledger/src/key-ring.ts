import { hash, randomBytes, timingSafeEqual } from 'node:crypto'
import { StoreError, type ApiKeyRecord, type SqliteStore } from '@counterfoil/store'
import { scopes, type KeyRing, type Principal, type Scope } from './ledger.ts'
import { LedgerError } from './errors.ts'
import type { ApiKeyReport } from './report/log.ts'

const tokenPattern = /^cfk_([kpo]_[0-9a-f]{16})_([A-Za-z0-9_-]{43})$/

/** The role stands in the id, so that the grade of an event follows from its leaf alone; see `spec/event.md`. */
function idPrefix(granted: readonly Scope[]): 'k' | 'p' | 'o' {
  if (granted.includes('ingest') || granted.includes('admin')) return 'k'
  if (granted.includes('policy')) return 'p'
  return granted.includes('observe') ? 'o' : 'k'
}

/** API keys in the control file. A token is `cfk_<id>_<256 random bits>`; only its SHA-256 is kept. */
export class StoredKeyRing implements KeyRing {
  readonly #store: Pick<SqliteStore, 'control'>

  constructor(store: Pick<SqliteStore, 'control'>) {
    this.#store = store
  }

  create(options: {
    log: string
    scopes: readonly Scope[]
    name?: string
  }): Promise<{ key: string; report: ApiKeyReport }> {
    const granted = scopes.filter((scope) => options.scopes.includes(scope))
    if (granted.length === 0)
      throw new LedgerError('scope_invalid', `A key needs at least one scope of ${scopes.join(', ')}. No key was made.`)
    const name = options.name ?? granted.join('-')
    if (!/^[\x20-\x7e]{1,100}$/.test(name))
      throw new LedgerError(
        'scope_invalid',
        'The name of a key has 1 to 100 printable ASCII characters. No key was made.',
      )
    const id = `${idPrefix(granted)}_${randomBytes(8).toString('hex')}`
    const key = `cfk_${id}_${randomBytes(32).toString('base64url')}`
    const record: ApiKeyRecord = {
      id,
      log: options.log,
      name,
      scopes: granted,
      hash: hash('sha256', key, 'buffer'),
      createdAt: new Date().toISOString(),
    }
    try {
      this.#store.control.addKey(record)
    } catch (error) {
      if (error instanceof StoreError && error.code === 'log_unknown')
        throw new LedgerError('log_unknown', error.message, { cause: error })
      throw error
    }
    return Promise.resolve({ key, report: reportOf(record) })
  }

  list(log?: string): Promise<readonly ApiKeyReport[]> {
    return Promise.resolve(this.#store.control.keys(log).map(reportOf))
  }

  revoke(keyId: string): Promise<boolean> {
    return Promise.resolve(this.#store.control.revokeKey(keyId, new Date().toISOString()))
  }

  authenticate(token: string): Promise<Principal | undefined> {
    const id = tokenPattern.exec(token)?.[1]
    const record = id === undefined ? undefined : this.#store.control.key(id)
    // Compared also when there is no such key, so that the time tells nothing.
    const matches = timingSafeEqual(hash('sha256', token, 'buffer'), record?.hash ?? Buffer.alloc(32))
    if (record === undefined || !matches || record.revokedAt !== undefined) return Promise.resolve(undefined)
    return Promise.resolve({
      keyId: record.id,
      log: record.log,
      scopes: scopes.filter((scope) => record.scopes.includes(scope)),
    })
  }
}

function reportOf(record: ApiKeyRecord): ApiKeyReport {
  return {
    id: record.id,
    log: record.log,
    name: record.name,
    scopes: [...record.scopes],
    created_at: record.createdAt,
    ...(record.revokedAt !== undefined && { revoked_at: record.revokedAt }),
  }
}

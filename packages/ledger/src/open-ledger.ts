import { createRedactor, type Redactor } from '@counterfoil/schema/redact'
import { openSqliteStore, type LogInfo, type SqliteStore } from '@counterfoil/store'
import { LedgerError } from './errors.ts'
import { StoredKeyRing } from './key-ring.ts'
import type { KeyRing, Ledger, Log, OpenLedgerOptions } from './ledger.ts'
import { OpenLog } from './open-log.ts'
import type { LogReport } from './report/log.ts'

/** The log that the first start makes. */
const firstLogName = 'main'

class OpenLedger implements Ledger {
  readonly data: string
  readonly keys: KeyRing
  firstStart?: NonNullable<Ledger['firstStart']>
  readonly #store: SqliteStore
  readonly #redactor: Redactor
  readonly #logs = new Map<string, OpenLog>()

  constructor(store: SqliteStore) {
    this.#store = store
    this.data = store.data
    this.keys = new StoredKeyRing(store)
    this.#redactor = createRedactor()
  }

  async logs(): Promise<readonly LogReport[]> {
    const reports: LogReport[] = []
    for (const info of await this.#store.logs()) reports.push(await this.#open(info).report())
    return reports
  }

  async createLog(name: string, options: { origin?: string } = {}): Promise<{ log: LogReport; adminKey: string }> {
    const info = await this.#store.createLog(name, options)
    const adminKey = await this.createAdminKey(name)
    return { log: await this.#open(info).report(), adminKey }
  }

  async createAdminKey(log: string): Promise<string> {
    return (await this.keys.create({ log, scopes: ['ingest', 'read', 'admin'], name: 'first admin key' })).key
  }

  async firstEntry(log: string, withKey: boolean): Promise<NonNullable<Ledger['firstStart']>> {
    return { log, ...(withKey && { adminKey: await this.createAdminKey(log) }) }
  }

  /** Whether there ever was an admin key, revoked or not: an operator who revoked them all wants none from us. */
  async hadAdmin(): Promise<boolean> {
    return (await this.keys.list()).some(({ scopes }) => scopes.includes('admin'))
  }

  async log(name: string): Promise<Log> {
    const known = this.#logs.get(name)
    if (known !== undefined) return known
    const info = (await this.#store.logs()).find((log) => log.log === name)
    if (info === undefined) throw new LedgerError('log_unknown', `No log is called ${name}.`)
    return this.#open(info)
  }

  /** What another process is told that finds this data directory taken. */
  describeHolder(text: string): void {
    this.#store.describeHolder(text)
  }

  /** Resolves when the text index has caught up with what is committed now. */
  settleText(): Promise<void> {
    return this.#store.settleText()
  }

  #open(info: LogInfo): OpenLog {
    let log = this.#logs.get(info.log)
    if (log === undefined) {
      log = new OpenLog(this.#store, info, this.#redactor)
      this.#logs.set(info.log, log)
    }
    return log
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.#store[Symbol.asyncDispose]()
  }
}

/**
 * Opens a data directory. The first opening for writing makes the log, its signing key and its vault key; the first one
 * that wants it (`firstKey`) an admin key, which stands in `firstStart` and nowhere else.
 *
 * @throws StoreError when the directory is in use, unwritable, damaged, or older than what this machine remembers
 */
export async function openLedger(options: OpenLedgerOptions): Promise<Ledger> {
  const mode = options.mode ?? 'write'
  const store = await openSqliteStore({
    data: options.data,
    mode,
    ...(options.state !== undefined && { state: options.state }),
  })
  const ledger = new OpenLedger(store)
  try {
    const [known] = await store.logs()
    if (mode === 'write' && known === undefined) {
      const log = options.firstLog ?? firstLogName
      await store.createLog(log, options.origin === undefined ? {} : { origin: options.origin })
      ledger.firstStart = await ledger.firstEntry(log, options.firstKey ?? true)
    } else if (mode === 'write' && known !== undefined && options.firstKey !== false && !(await ledger.hadAdmin())) {
      // The log was made without a key, or the first start was killed before it made one: nobody could get in.
      ledger.firstStart = await ledger.firstEntry(known.log, true)
    }
  } catch (error) {
    await ledger[Symbol.asyncDispose]()
    throw error
  }
  return ledger
}

import { cpSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync, type SQLInputValue } from 'node:sqlite'
import { openLedger, type Ledger, type Log, type Principal, type VerifyReport } from '@counterfoil/ledger'

/** A data directory and a state folder of its own, under one fresh temporary folder. */
export class LedgerFolder implements Disposable {
  readonly root = mkdtempSync(join(tmpdir(), 'counterfoil-'))
  readonly data = join(this.root, 'data')
  readonly state = join(this.root, 'state')

  /** Opens it, hands it over, and closes it whatever happens. */
  async use<T>(
    work: (open: { ledger: Ledger; log: Log; principal: Principal }) => Promise<T> | T,
    options: { data?: string; state?: string; mode?: 'read' } = {},
  ): Promise<T> {
    const ledger = await openLedger({
      data: options.data ?? this.data,
      state: options.state ?? this.state,
      ...(options.mode && { mode: options.mode }),
    })
    try {
      const log = await ledger.log('main')
      return await work({ ledger, log, principal: { keyId: 'local', log: 'main', scopes: ['admin'] } })
    } finally {
      await ledger[Symbol.asyncDispose]()
    }
  }

  verify(options: { data?: string; state?: string } = {}): Promise<VerifyReport> {
    return this.use(({ log }) => log.verify(), { ...options, mode: 'read' })
  }

  /** Keeps a copy of the data directory under a name. */
  keep(name: string): string {
    const copy = join(this.root, name)
    rmSync(copy, { recursive: true, force: true })
    cpSync(this.data, copy, { recursive: true })
    return copy
  }

  /** Puts a kept copy in the place of the data directory. */
  restore(name: string): void {
    rmSync(this.data, { recursive: true, force: true })
    cpSync(join(this.root, name), this.data, { recursive: true })
  }

  /** The database file of the first log, as an insider with write access to the disk would find it. */
  databasePath(data = this.data): string {
    const control = new DatabaseSync(join(data, 'control.db'), { readOnly: true })
    const id = String(
      control.prepare('SELECT id FROM log WHERE closed_at IS NULL ORDER BY created_at LIMIT 1').get()?.['id'],
    )
    control.close()
    return join(data, 'logs', id, 'log.db')
  }

  /** Writes past the program, straight into the tables. */
  edit(work: (database: DatabaseSync) => void, data = this.data): void {
    const database = new DatabaseSync(this.databasePath(data))
    try {
      work(database)
    } finally {
      database.close()
    }
  }

  /** One statement past the program; it has to hit something, or the attack would be none. */
  run(sql: string, ...values: SQLInputValue[]): void {
    this.edit((database) => {
      if (Number(database.prepare(sql).run(...values).changes) === 0) throw new Error(`changed nothing: ${sql}`)
    })
  }

  [Symbol.dispose](): void {
    rmSync(this.root, { recursive: true, force: true })
  }
}

/** The names of the checks that failed. */
export function failedChecks(report: VerifyReport): string[] {
  return report.checks.filter(({ ok }) => !ok).map(({ name }) => name)
}

/** What a check of this name says is wrong first. */
export function firstBad(report: VerifyReport, name: string): string | undefined {
  return report.checks.find((check) => check.name === name)?.first_bad
}

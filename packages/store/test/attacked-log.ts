import { cpSync, readFileSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import type { IngestReport, VerifyReport } from '@counterfoil/ledger'
import { readLogKeys } from '../src/key-files.ts'
import { sleep } from './crash-rounds.ts'
import { createGenerator, createRandom } from './generated-events.ts'
import { LedgerFolder } from './ledger-folder.ts'

/**
 * A log of 620 entries for the attacks on a stored log that need no outside witness: an insider may write every file of the
 * data directory. Each attack has to be named by `verify`, or refused at the start.
 */
export class AttackedLog implements Disposable {
  readonly folder: LedgerFolder
  readonly origin: string
  readonly vkey: string
  readonly size: number
  /** What a client was told when the log had its first checkpoint. */
  readonly early: IngestReport
  /** What a client was told at its end. */
  readonly late: IngestReport

  private constructor(folder: LedgerFolder, made: Pick<AttackedLog, 'origin' | 'vkey' | 'size' | 'early' | 'late'>) {
    this.folder = folder
    this.origin = made.origin
    this.vkey = made.vkey
    this.size = made.size
    this.early = made.early
    this.late = made.late
  }

  static async make(): Promise<AttackedLog> {
    const folder = new LedgerFolder()
    const next = createGenerator(createRandom(3), 3)
    const batch = (count: number): string => JSON.stringify(Array.from({ length: count }, next))
    const made = await folder.use(async ({ log, principal }) => {
      const early = await log.ingest(batch(120), { principal, format: 'json' })
      // An older copy, and then a second, so that its checkpoint is kept.
      await sleep(1_100)
      await log.ingest(batch(400), { principal, format: 'json' })
      await sleep(1_100)
      const late = await log.ingest(batch(100), { principal, format: 'json' })
      if (late.size !== 620) throw new Error(`made ${late.size} entries`)
      return { early, late, origin: log.origin, vkey: log.vkey, size: late.size }
    })
    folder.keep('clean')
    cpSync(folder.state, join(folder.root, 'state-clean'), { recursive: true })
    return new AttackedLog(folder, made)
  }

  /** As it was before anybody touched it. */
  restore(): void {
    const { folder } = this
    folder.restore('clean')
    rmSync(folder.state, { recursive: true, force: true })
    cpSync(join(folder.root, 'state-clean'), folder.state, { recursive: true })
  }

  /** What `verify` says after an attack. */
  attacked(work: (database: DatabaseSync) => void): Promise<VerifyReport> {
    this.folder.edit(work)
    return this.folder.verify()
  }

  /** The code with which the data directory is refused at the start. */
  async refusal(options: { data?: string; state?: string } = {}): Promise<string> {
    try {
      return await this.folder.use(() => 'opened', options)
    } catch (error) {
      return error instanceof Error && 'code' in error ? String(error.code) : String(error)
    }
  }

  signingKey(): ReturnType<typeof readLogKeys>['signer'] {
    const { data } = this.folder
    const control = new DatabaseSync(join(data, 'control.db'), { readOnly: true })
    const id = String(control.prepare('SELECT id FROM log').get()?.['id'])
    control.close()
    if (readFileSync(join(data, 'keys', `${id}.signing.key`), 'utf8').length <= 40) throw new Error('no key to steal')
    return readLogKeys({ data, log: 'main', id, origin: this.origin }, {}).signer
  }

  [Symbol.dispose](): void {
    this.folder[Symbol.dispose]()
  }
}

/** An entry that has a payload block of its own kind. */
export function entryWithPayload(database: DatabaseSync, skip = 0): { idx: number; block: number } {
  const row = database
    .prepare(`SELECT idx, block FROM event WHERE block IS NOT NULL AND leaf LIKE '%"payload":{%' LIMIT 1 OFFSET ?`)
    .get(skip)
  return { idx: Number(row?.['idx']), block: Number(row?.['block']) }
}

import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { openLedger, type IngestReport, type Ledger, type Log, type Principal, type Scope } from '@counterfoil/ledger'
import { filesUnder } from '../../store/test/files-under.ts'

export type TestEvent = Record<string, unknown>

/** A real ledger in a fresh folder; removed when disposed. */
export interface TestLedger extends AsyncDisposable {
  readonly ledger: Ledger
  readonly log: Log
  /** Holds the data and the state folder. */
  readonly folder: string
  readonly data: string
  key(...scopes: Scope[]): Promise<Principal>
  send(events: readonly TestEvent[] | TestEvent, principal: Principal, options?: SendOptions): Promise<IngestReport>
  /** As `send`, and fails the test when an event is refused. */
  store(events: readonly TestEvent[] | TestEvent, principal: Principal, options?: SendOptions): Promise<IngestReport>
  close(): Promise<void>
}

interface SendOptions {
  readonly inferred?: boolean
  readonly atomic?: boolean
  readonly sentAtMs?: number
}

export async function openTestLedger(): Promise<TestLedger> {
  const folder = mkdtempSync(path.join(tmpdir(), 'counterfoil-ledger-'))
  const data = path.join(folder, 'data')
  const ledger = await openLedger({ data, state: path.join(folder, 'state') })
  const log = await ledger.log('main')
  let closed = false
  const close = async (): Promise<void> => {
    if (!closed) await ledger[Symbol.asyncDispose]()
    closed = true
  }
  const send: TestLedger['send'] = (events, principal, options = {}) =>
    log.ingest(JSON.stringify(events), { principal, format: 'json', ...options })
  return {
    ledger,
    log,
    folder,
    data,
    async key(...scopes) {
      const { key } = await ledger.keys.create({ log: 'main', scopes })
      const principal = await ledger.keys.authenticate(key)
      if (principal === undefined) throw new Error('A new key must authenticate.')
      return principal
    },
    send,
    async store(events, principal, options) {
      const report = await send(events, principal, options)
      const [first] = report.rejected
      if (first !== undefined) throw new Error(`Refused: ${first.code} ${first.pointer} ${first.message}`)
      return report
    },
    close,
    async [Symbol.asyncDispose]() {
      await close()
      rmSync(folder, { recursive: true, force: true })
    },
  }
}

/** The files that hold one of the texts, in any letter case, as UTF-8 or UTF-16: none, one hopes. */
export function filesHolding(folder: string, texts: readonly string[]): string[] {
  const found: string[] = []
  for (const { file, bytes } of filesUnder(folder)) {
    const lower = bytes.toString('latin1').toLowerCase()
    for (const text of texts) {
      const wanted = text.toLowerCase()
      const wide = Buffer.from(wanted, 'utf16le').toString('latin1')
      if (lower.includes(wanted) || lower.includes(wide)) found.push(`${file}: ${text}`)
    }
  }
  return found
}

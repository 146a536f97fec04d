import {
  createRunFilter,
  openLedger,
  type EventReport,
  type IngestReport,
  type Ledger,
  type ListOptions,
  type Log,
  type LogReport,
  type Principal,
  type RunPage,
  type RunReport,
  type StopReport,
  type TailEntry,
  type VerifyReport,
} from '@counterfoil/ledger'
import { CliError, usageError } from '../cli-error.ts'
import type { Source, TailOptions } from './source.ts'

/** Who writes when no key is involved: whoever can write the files. The same on every call, so that a run stays one owner's. */
const localKeyId = 'k_local'
/** Who acts when nobody says who. */
const localActorId = 'local'
const tailPollMs = 250

export interface LedgerSourceOptions {
  readonly data: string
  readonly mode: 'read' | 'write'
  readonly log?: string
}

/** Opens a data directory. The first opening for writing makes the log; says so on standard error. */
export async function openLedgerSource({ data, mode, log }: LedgerSourceOptions): Promise<Source> {
  const ledger = await openLedger({ data, mode, firstKey: false, ...(log === undefined ? {} : { firstLog: log }) })
  try {
    if (ledger.firstStart !== undefined) announceFirstLog(ledger.data, ledger.firstStart.log)
    return new LedgerSource(ledger, await ledger.log(log ?? (await onlyLog(ledger))))
  } catch (error) {
    await ledger[Symbol.asyncDispose]()
    throw error
  }
}

/** Without a key: standard error is no place for secrets. The first server makes one and shows it. */
function announceFirstLog(data: string, log: string): void {
  process.stderr.write(`made the log ${log} in ${data} (API keys for it: counterfoil keys create)\n`)
}

/** The one log that is open; a log that was closed by a recovery is named to be read. */
export async function onlyLog(ledger: Ledger): Promise<string> {
  const open = (await ledger.logs()).filter((report) => report.closed_at === undefined)
  const names = open.map((report) => report.log)
  const [name, second] = names
  if (name === undefined) throw new CliError('log_unknown', `There is no log in ${ledger.data}.`)
  if (second !== undefined)
    throw usageError(`There are several logs here: ${names.join(', ')}.`, 'Name one with --log.')
  return name
}

class LedgerSource implements Source {
  readonly place: string
  readonly #ledger: Ledger
  readonly #log: Log
  readonly #principal: Principal

  constructor(ledger: Ledger, log: Log) {
    this.place = ledger.data
    this.#ledger = ledger
    this.#log = log
    this.#principal = { keyId: localKeyId, log: log.name, scopes: ['ingest', 'observe', 'read', 'admin'] }
  }

  runs(options: ListOptions): Promise<RunPage> {
    return this.#log.runs(options)
  }

  run(id: string): Promise<RunReport> {
    return this.#log.run(id)
  }

  event(id: string): Promise<EventReport> {
    return this.#log.event(id)
  }

  stop(runId: string, by: { actorId?: string; reasonCode?: string }): Promise<StopReport> {
    return this.#log.stop(runId, { actorId: localActorId, ...by })
  }

  report(): Promise<LogReport> {
    return this.#log.report()
  }

  /** Another process writes, and nothing tells us: the size is looked at a few times a second. */
  async *tail({ from, query, signal }: TailOptions): AsyncIterable<TailEntry> {
    const matches = await createRunFilter(this.#log, query)
    const begin = (await this.#log.report()).size
    let next = from ?? begin
    if (next > begin) {
      throw new CliError(
        'tail_beyond_end',
        `The log has ${begin} entries, and ${next} is beyond them. If you have seen entry ${next - 1}, this is an older copy of the log.`,
        { advice: 'See what is wrong: counterfoil verify' },
      )
    }
    while (!signal.aborted) {
      const { size } = await this.#log.report()
      if (next < size) {
        for await (const entry of this.#log.tail({ from: next, signal })) {
          next = entry.index + 1
          if (query.trim() === '' || (await matches(entry.leaf))) yield entry
          if (next >= size) break
        }
      } else await wait(tailPollMs, signal)
    }
  }

  verify(options: { onProgress: (done: number, total: number) => void }): Promise<VerifyReport> {
    return this.#log.verify(options)
  }

  ingest(events: readonly string[], { inferred }: { inferred: boolean }): Promise<IngestReport> {
    return this.#log.ingest(Buffer.from(events.join('\n')), { principal: this.#principal, format: 'ndjson', inferred })
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#ledger[Symbol.asyncDispose]()
  }
}

function wait(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const finish = (): void => {
      clearTimeout(timer)
      signal.removeEventListener('abort', finish)
      resolve()
    }
    const timer = setTimeout(finish, ms)
    signal.addEventListener('abort', finish)
    if (signal.aborted) finish()
  })
}

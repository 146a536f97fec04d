import { resolve } from 'node:path'
import type { Ledger, Log, openLedger as OpenLedger, Principal } from '@counterfoil/ledger'
import { RecorderError } from '../errors.ts'
import type { Checkpoint } from '../witness/checkpoint.ts'
import { readBatchReport } from './answers.ts'
import { destinationName } from './destination-name.ts'
import { TransportError, type BatchReport, type LogIdentity, type Transport } from './transport.ts'

/** Who writes when no key is involved; the same as the command line's, so that a run stays one owner's. */
const localKeyId = 'k_local'

/** How often a log in this process looks whether something is missing; a server does it for the logs that it has. */
const gapCheckMs = 60_000
/** A process that looks so much later than it should has been asleep itself. */
const asleepAfterMs = 30_000

/** A log in this very process, on a data directory of its own. */
export class LedgerTransport implements Transport {
  readonly place: string
  readonly destination: string
  readonly isLocal = true
  readonly connections = 0
  readonly #open: () => Promise<{ ledger: Ledger; log: Log }>
  readonly #checking: NodeJS.Timeout
  #opened: Promise<{ ledger: Ledger; log: Log }> | undefined

  /** @param log which log, where the directory has several; by default `main` */
  constructor({ data, state, log = 'main' }: { data: string; state?: string; log?: string }) {
    this.place = data
    this.destination = destinationName(resolve(data), log)
    this.#open = async () => {
      const { openLedger } = await loadLedger()
      const ledger = await openLedger({ data, firstLog: log, firstKey: false, ...(state && { state }) })
      return { ledger, log: await ledger.log(log) }
    }
    let lastMs = Date.now()
    this.#checking = setInterval(() => {
      const sleptMs = Date.now() - lastMs - gapCheckMs
      lastMs = Date.now()
      // After a sleep of the machine our own heartbeat comes first: nobody is accused of having slept.
      if (sleptMs < asleepAfterMs) void this.#declareGaps()
    }, gapCheckMs)
    this.#checking.unref()
  }

  async identify(): Promise<LogIdentity> {
    const { origin, vkey, size, checkpoint } = await (await this.#log()).report()
    return { origin, vkey, size, ...(checkpoint !== undefined && { checkpoint }) }
  }

  async send(events: readonly string[]): Promise<BatchReport> {
    const log = await this.#log()
    const principal: Principal = { keyId: localKeyId, log: log.name, scopes: ['ingest', 'admin'] }
    try {
      const report = await log.ingest(`${events.join('\n')}\n`, { principal, format: 'ndjson', sentAtMs: Date.now() })
      return readBatchReport(report, events.length)
    } catch (error) {
      if (codeOf(error) === 'batch_too_large') throw new TransportError('batch', 'batch_too_large', messageOf(error))
      throw toTransportError(error)
    }
  }

  async present(checkpoint: string): Promise<void> {
    await (await this.#log()).witness(checkpoint).catch((error: unknown) => {
      throw toTransportError(error)
    })
  }

  async proveConsistency(from: Checkpoint, to: Checkpoint): Promise<readonly string[]> {
    const log = await this.#log()
    return (await log.consistencyProof(from.size, to.size)).path
  }

  async close(): Promise<void> {
    clearInterval(this.#checking)
    const opened = await this.#opened?.catch(() => undefined)
    // By now everything is delivered that processes before this one left behind: what is missing still will not come.
    await this.#declareGaps()
    await opened?.ledger[Symbol.asyncDispose]()
  }

  /**
   * Puts on record which processes and runs were not heard to their end. Only one process at a time can write to this log,
   * so nobody else was kept from being heard.
   */
  async #declareGaps(): Promise<void> {
    const opened = await this.#opened?.catch(() => undefined)
    // What cannot be recorded now, for want of room, say, follows from the log the next time.
    await opened?.log.declareGaps({ upSinceMs: 0 }).catch(() => undefined)
  }

  async #log(): Promise<Log> {
    this.#opened ??= this.#open()
    try {
      return (await this.#opened).log
    } catch (error) {
      this.#opened = undefined
      throw error instanceof RecorderError ? error : toTransportError(error)
    }
  }
}

/** The ledger is an optional peer: whoever only talks to a server does not install it. */
async function loadLedger(): Promise<{ readonly openLedger: typeof OpenLedger }> {
  try {
    return await import('@counterfoil/ledger')
  } catch (error) {
    throw new RecorderError(
      'ledger_missing',
      'To record without a server, the package @counterfoil/ledger must be installed and run on Node 24 or newer. Nothing was recorded.',
      { cause: error },
    )
  }
}

function toTransportError(error: unknown): TransportError {
  if (error instanceof TransportError) return error
  return new TransportError('retry', codeOf(error) ?? 'log_unreachable', messageOf(error), { cause: error })
}

function codeOf(error: unknown): string | undefined {
  const { code } = (error ?? {}) as { code?: unknown }
  return typeof code === 'string' ? code : undefined
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error)
}

import { RecorderError } from '../errors.ts'
import type { Spool } from '../spool/spool.ts'
import type { Journal } from './journal.ts'
import type { Problems } from './problems.ts'

const eventsAtOnceMax = 4_096
const charactersAtOnce = 4 * 1024 * 1024
const retryMs = 200
/**
 * A log that answers within this time saves the disk a write. With what comes before and behind it stays within the 5 ms
 * that a kill may cost.
 */
const headStartMs = 3

export interface SpoolWriterOptions {
  readonly spool: Spool
  readonly journal: Journal
  readonly problems: Problems
  readonly failsWhenFull: boolean
  /** Whether events must go to disk here at all. */
  readonly isNeeded: () => boolean
  /** Whether the log is likely to answer at once. */
  readonly isLogQuick: () => boolean
}

/** Writes sealed events to disk, as many as wait, whenever the write before has ended. */
export class SpoolWriter {
  readonly #options: SpoolWriterOptions
  #writing: Promise<void> | undefined
  #isFinishing = false
  #isAsked = false
  #eventsAtOnce = eventsAtOnceMax
  #headStart: NodeJS.Timeout | undefined
  #retry: NodeJS.Timeout | undefined

  constructor(options: SpoolWriterOptions) {
    this.#options = options
  }

  /** Something is new. The log gets a head start, unless somebody waits for the disk. */
  writeSoon(): void {
    if (this.#isAsked || !this.#options.isLogQuick()) return this.write()
    if (this.#headStart !== undefined) return
    this.#headStart = setTimeout(() => {
      this.#headStart = undefined
      this.write()
    }, headStartMs)
  }

  /** Somebody waits for the disk. */
  ask(): void {
    this.#retry?.ref()
    if (this.#isAsked) return
    this.#isAsked = true
    this.write()
  }

  /** There may be something to write; what the log has already needs no place here. */
  write(): void {
    const { journal, isNeeded } = this.#options
    if (this.#writing !== undefined) return
    this.#passDelivered()
    if (journal.durable >= journal.sealed || !isNeeded()) return
    this.#isAsked = false
    this.#writing = this.#writeAll().finally(() => {
      this.#writing = undefined
    })
  }

  /** The end of the process: without waiting for anything. */
  writeNow(): void {
    const { journal, spool } = this.#options
    const first = Math.max(journal.durable, journal.delivered, spool.inFlightNext)
    spool.appendNow(journal.linesFrom(first), first)
  }

  /** Everything that the log does not have is on disk when it resolves. @throws RecorderError as `Spool.append` */
  async finish(): Promise<void> {
    this.#isFinishing = true
    clearTimeout(this.#headStart)
    await this.#writing
    this.#passDelivered()
    const { journal } = this.#options
    while (journal.durable < journal.sealed) await this.#append()
  }

  async #writeAll(): Promise<void> {
    const { journal, problems, failsWhenFull } = this.#options
    while (journal.durable < journal.sealed && !this.#isFinishing) {
      try {
        await this.#append()
        problems.setSpool(undefined)
      } catch (error) {
        const problem = toProblem(error)
        problems.setSpool(problem)
        if (failsWhenFull || problem.code !== 'spool_full') {
          for (const entry of journal.entries()) entry.failSpooling(problem)
        }
        // Room may come back, and the log may take them meanwhile.
        await this.#untilRetry()
      }
      this.#passDelivered()
    }
  }

  /** Whoever waits for the disk keeps the process; we alone do not. */
  async #untilRetry(): Promise<void> {
    await new Promise<void>((resolve) => {
      this.#retry = setTimeout(resolve, retryMs)
      if (![...this.#options.journal.entries()].some(({ isDiskAwaited }) => isDiskAwaited)) this.#retry.unref()
    })
    this.#retry = undefined
  }

  async #append(): Promise<void> {
    const { journal, spool } = this.#options
    const first = journal.durable
    const lines = journal.linesFrom(first, this.#eventsAtOnce, charactersAtOnce)
    try {
      await spool.append(lines, first)
    } catch (error) {
      const isFull = error instanceof RecorderError && error.code === 'spool_full'
      if (!isFull || lines.length === 1) throw error
      // Where many find no room, some may.
      this.#eventsAtOnce = Math.floor(lines.length / 2)
      return
    }
    this.#eventsAtOnce = Math.min(eventsAtOnceMax, this.#eventsAtOnce * 2)
    journal.markDurable(first + lines.length)
  }

  #passDelivered(): void {
    const { journal } = this.#options
    if (journal.delivered > journal.durable) journal.markDurable(journal.delivered)
  }
}

function toProblem(error: unknown): RecorderError {
  if (error instanceof RecorderError) return error
  return new RecorderError('spool_unwritable', `The spool cannot be written: ${String(error)}.`, { cause: error })
}

import { RecorderError } from '../errors.ts'
import type { Spool } from '../spool/spool.ts'
import type { Entry } from './entry.ts'

/** An event that is sealed and on its way, or only its promise when its text is on disk alone. */
interface Item {
  entry: Entry | undefined
  line: string | undefined
}

/** Sealed text in memory beyond this is read back from disk when its turn comes. */
const memoryBytesMax = 32 * 1024 * 1024
/** Promises that are kept for events whose text is on disk alone. */
const releasedEntriesMax = 100_000

/**
 * The sealed events of this process in their order, from the oldest one that the log has not acknowledged: in memory
 * while there is room, on disk in any case. Numbers count from the first event of the process.
 */
export class Journal {
  readonly #spool: Spool
  readonly #items = new Map<number, Item>()
  #sealed = 0
  #durable = 0
  #delivered = 0
  /** First event whose text is still in memory. */
  #inMemoryFrom = 0
  #memoryBytes = 0

  constructor(spool: Spool) {
    this.#spool = spool
  }

  get sealed(): number {
    return this.#sealed
  }

  get delivered(): number {
    return this.#delivered
  }

  add(entry: Entry, line: string): void {
    this.#items.set(this.#sealed, { entry, line })
    this.#sealed += 1
    this.#memoryBytes += line.length
  }

  /** The text of sealed events that are not yet durable, in order. */
  linesFrom(from: number, linesMax = Infinity): string[] {
    const lines: string[] = []
    for (let at = from; at < this.#sealed && lines.length < linesMax; at++) {
      const line = this.#items.get(at)?.line
      if (line === undefined) break
      lines.push(line)
    }
    return lines
  }

  /** How many events are on disk, or need not be because the log has them. */
  get durable(): number {
    return this.#durable
  }

  /** Events up to `count` are on disk: whoever waits for that is told, and memory is given back. */
  markDurable(count: number): void {
    for (; this.#durable < count; this.#durable++) {
      this.#items.get(this.#durable)?.entry?.markDurable()
      if (this.#durable < this.#delivered) this.#forget(this.#durable)
    }
    while (this.#memoryBytes > memoryBytesMax && this.#inMemoryFrom < count) {
      const item = this.#items.get(this.#inMemoryFrom)
      if (item?.line !== undefined) {
        this.#memoryBytes -= item.line.length
        item.line = undefined
      }
      this.#inMemoryFrom += 1
      const oldest = this.#inMemoryFrom - releasedEntriesMax
      if (oldest >= this.#delivered) this.#release(oldest)
    }
  }

  /** The next events for the log, in order. */
  nextBatch(eventsMax: number, bytesMax: number): string[] {
    const first = this.#items.get(this.#delivered)?.line
    const lines =
      first === undefined && this.#delivered < this.#spool.appended
        ? this.#spool.read(this.#delivered).map((body) => body.toString('utf8'))
        : this.linesFrom(this.#delivered, eventsMax)
    let bytes = 0
    const fitting = lines.slice(0, eventsMax).findIndex((line) => {
      bytes += Buffer.byteLength(line) + 1
      return bytes > bytesMax
    })
    return lines.slice(0, fitting === -1 ? eventsMax : Math.max(1, fitting))
  }

  /** The entry of a sealed event, while anybody may still wait for it. */
  entryAt(number: number): Entry | undefined {
    return this.#items.get(number)?.entry
  }

  /** The log has answered for all events before `count`. */
  markDelivered(count: number): void {
    for (; this.#delivered < count; this.#delivered++) {
      if (this.#delivered < this.#durable) this.#forget(this.#delivered)
    }
    this.#spool.markDelivered(count)
  }

  *waiting(): Iterable<Entry> {
    for (const { entry } of this.#items.values()) if (entry?.isAwaited === true) yield entry
  }

  #forget(number: number): void {
    const line = this.#items.get(number)?.line
    if (line !== undefined) this.#memoryBytes -= line.length
    this.#items.delete(number)
  }

  #release(number: number): void {
    const entry = this.#items.get(number)?.entry
    if (entry === undefined || entry.isAwaited) return
    entry.markRefused(
      new RecorderError(
        'log_unreachable',
        `Too many events came after ${entry.eventType} ${entry.eventId} to follow it any longer. It is in the spool and will be delivered.`,
      ),
    )
    this.#items.delete(number)
  }
}

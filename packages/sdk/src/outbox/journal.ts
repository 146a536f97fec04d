import { RecorderError } from '../errors.ts'
import type { Spool } from '../spool/spool.ts'
import type { Entry } from './entry.ts'

/** An event that is sealed and on its way, or only its promise when its text is on disk alone. */
interface Item {
  readonly entry: Entry
  line: string | undefined
}

/** Sealed text in memory beyond this is read back from disk when its turn comes. */
const memoryCharactersMax = 32 * 1024 * 1024
/** Promises that are kept for events whose text is on disk alone. */
const releasedEntriesMax = 100_000

/**
 * The sealed events of this process in their order, from the oldest one that is not done: in memory while there is room,
 * on disk in any case. An event's number is its `producer.seq`.
 */
export class Journal {
  readonly #spool: Spool
  readonly #items = new Map<number, Item>()
  #sealed = 0
  #durable = 0
  #delivered = 0
  /** First event whose text is still in memory. */
  #inMemoryFrom = 0
  #charactersInMemory = 0
  #charactersNotDurable = 0
  /** One for all of them: there are hundreds of thousands. */
  #releasedError: RecorderError | undefined

  constructor(spool: Spool) {
    this.#spool = spool
  }

  get sealed(): number {
    return this.#sealed
  }

  get delivered(): number {
    return this.#delivered
  }

  /** Events below it are on disk, or need not be because the log has them. */
  get durable(): number {
    return this.#durable
  }

  get charactersNotDurable(): number {
    return this.#charactersNotDurable
  }

  add(entry: Entry, line: string): void {
    this.#items.set(this.#sealed, { entry, line })
    this.#sealed += 1
    this.#charactersInMemory += line.length
    this.#charactersNotDurable += line.length
  }

  /** The text of events in memory from `from` on, at least one if there is any. */
  linesFrom(from: number, eventsMax = Infinity, charactersMax = Infinity): string[] {
    const lines: string[] = []
    let characters = 0
    for (let at = from; at < this.#sealed && lines.length < eventsMax; at++) {
      const line = this.#items.get(at)?.line
      if (line === undefined) break
      characters += line.length
      if (characters > charactersMax && lines.length > 0) break
      lines.push(line)
    }
    return lines
  }

  /** Events below `next` are durable: whoever waits for that is told, and memory is given back. */
  markDurable(next: number): void {
    for (; this.#durable < next; this.#durable++) {
      const item = this.#items.get(this.#durable)
      if (item === undefined) continue
      this.#charactersNotDurable -= item.line?.length ?? 0
      item.entry.markDurable()
      if (this.#durable < this.#delivered) this.#forget(this.#durable)
    }
    while (this.#charactersInMemory > memoryCharactersMax && this.#inMemoryFrom < this.#durable) {
      const item = this.#items.get(this.#inMemoryFrom)
      if (item?.line !== undefined) {
        this.#charactersInMemory -= item.line.length
        item.line = undefined
      }
      this.#inMemoryFrom += 1
      this.#release(this.#inMemoryFrom - releasedEntriesMax)
    }
  }

  /** The next events for the log, in order. Those that cannot be read back from disk are passed to `onLost`. */
  nextBatch(eventsMax: number, bytesMax: number, onLost: (error: RecorderError) => void): string[] {
    const lines = this.#nextLines(eventsMax, onLost)
    let bytes = 0
    const fitting = lines.findIndex((line) => {
      bytes += Buffer.byteLength(line) + 1
      return bytes > bytesMax
    })
    return fitting === -1 ? lines : lines.slice(0, Math.max(1, fitting))
  }

  /** A sealed event, while anybody may still wait for it. */
  entryAt(number: number): Entry | undefined {
    return this.#items.get(number)?.entry
  }

  /** The log has answered for all events below `next`. */
  markDelivered(next: number): void {
    for (; this.#delivered < next; this.#delivered++) {
      if (this.#delivered < this.#durable) this.#forget(this.#delivered)
    }
    this.#spool.markDelivered(next)
  }

  *entries(): Iterable<Entry> {
    for (const { entry } of this.#items.values()) yield entry
  }

  #nextLines(eventsMax: number, onLost: (error: RecorderError) => void): string[] {
    const from = this.#delivered
    const isOnDiskAlone = from < this.#durable && this.#items.get(from)?.line === undefined
    if (!isOnDiskAlone) return this.linesFrom(from, eventsMax)
    const records = this.#spool.read(from)
    const present = records[0]?.number ?? Math.max(this.#inMemoryFrom, from + 1)
    if (present > from) {
      this.#lose(from, present, onLost)
      return this.#nextLines(eventsMax, onLost)
    }
    const gap = records.findIndex(({ number }, offset) => number !== from + offset)
    const whole = records.slice(0, Math.min(eventsMax, gap === -1 ? records.length : gap))
    return whole.map(({ body }) => body.toString('utf8'))
  }

  /** What was on disk alone and is not there any more. */
  #lose(from: number, next: number, onLost: (error: RecorderError) => void): void {
    const error = new RecorderError(
      'spool_damaged',
      `Events ${from} to ${next - 1} of this process cannot be read back from ${this.#spool.folder}. They are lost, and the log will show a gap.`,
    )
    for (let at = from; at < next; at++) this.#items.get(at)?.entry.markRefused(error)
    this.markDelivered(next)
    onLost(error)
  }

  #forget(number: number): void {
    const line = this.#items.get(number)?.line
    if (line !== undefined) this.#charactersInMemory -= line.length
    this.#items.delete(number)
  }

  #release(number: number): void {
    const entry = this.#items.get(number)?.entry
    if (entry === undefined || number < this.#delivered || entry.isAwaited) return
    entry.markRefused((this.#releasedError ??= released()))
    this.#items.delete(number)
  }
}

function released(): RecorderError {
  return new RecorderError(
    'log_unreachable',
    'Too many events came after this one to follow it any longer. It is in the spool and will be delivered.',
  )
}

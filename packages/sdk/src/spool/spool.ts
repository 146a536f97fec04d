import {
  closeSync,
  fdatasyncSync,
  fsyncSync,
  mkdirSync,
  openSync,
  renameSync,
  rmSync,
  writeFileSync,
  writeSync,
} from 'node:fs'
import { open, type FileHandle } from 'node:fs/promises'
import { join } from 'node:path'
import { RecorderError } from '../errors.ts'
import { takeFolder, touchFolder } from './owner.ts'
import { encodeRecord } from './record.ts'
import { cursorName, readSegment, segmentPath } from './segments.ts'

/** A segment is closed when it has so many bytes; the log's acknowledgements delete whole segments. */
const segmentBytes = 8 * 1024 * 1024

interface OpenSegment {
  readonly first: number
  count: number
  bytes: number
}

interface ActiveSegment extends OpenSegment {
  readonly handle: FileHandle
}

/**
 * The spool of this process: one folder, written by nobody else. Events are appended in order, are durable when
 * `append` resolves, and leave when the log has acknowledged them.
 */
export class Spool {
  readonly folder: string
  readonly #bytesMax: number
  readonly #sealed: OpenSegment[] = []
  #active: ActiveSegment | undefined
  #appended = 0
  #delivered = 0
  #cursor = 0
  /** What is being written, so that a sudden exit can write it again at the same place. */
  #inFlight: { readonly segment: ActiveSegment; readonly bytes: Buffer; readonly events: number } | undefined
  /** The segment that was read last, parsed. */
  #read: { readonly first: number; readonly bodies: readonly Buffer[] } | undefined

  /** @throws RecorderError `spool_unwritable` */
  constructor(root: string, instance: string, bytesMax: number) {
    this.folder = join(root, instance)
    this.#bytesMax = bytesMax
    try {
      mkdirSync(this.folder, { recursive: true, mode: 0o700 })
      takeFolder(this.folder)
    } catch (error) {
      throw unwritable(this.folder, error)
    }
  }

  /** Bytes on disk. */
  get bytes(): number {
    return this.#sealed.reduce((sum, segment) => sum + segment.bytes, this.#active?.bytes ?? 0)
  }

  /** Events that are being written at this moment. */
  get inFlightEvents(): number {
    return this.#inFlight?.events ?? 0
  }

  /** Events that are durable here. */
  get appended(): number {
    return this.#appended
  }

  /**
   * Appends events behind all earlier ones. Durable (fdatasync) when it resolves; one call at a time. When it rejects,
   * nothing of it counts, and the same call may be made again.
   *
   * @throws RecorderError `spool_full`, `spool_unwritable`
   */
  async append(bodies: readonly Uint8Array[]): Promise<void> {
    const bytes = Buffer.concat(bodies.map(encodeRecord))
    if (this.bytes + bytes.length > this.#bytesMax) throw this.#full()
    try {
      const segment = await this.#segmentToWrite()
      this.#inFlight = { segment, bytes, events: bodies.length }
      await writeFully(segment.handle, bytes, segment.bytes)
      await segment.handle.datasync()
      this.#count(segment, bodies.length, bytes.length)
    } catch (error) {
      throw (error as NodeJS.ErrnoException).code === 'ENOSPC' ? this.#full(error) : unwritable(this.folder, error)
    } finally {
      this.#inFlight = undefined
    }
  }

  /**
   * As `append`, at once: for the end of the process. What `append` was writing at this moment is written again at the
   * same place first, so `pending` must begin behind it.
   */
  appendNow(pending: readonly Uint8Array[]): void {
    const flying = this.#inFlight
    const bytes = Buffer.concat(pending.map(encodeRecord))
    if (flying !== undefined) {
      writeAll(flying.segment.handle.fd, Buffer.concat([flying.bytes, bytes]), flying.segment.bytes)
      return fdatasyncSync(flying.segment.handle.fd)
    }
    if (bytes.length === 0) return
    const active = this.#active
    if (active !== undefined) {
      writeAll(active.handle.fd, bytes, active.bytes)
      return fdatasyncSync(active.handle.fd)
    }
    const fd = openSync(segmentPath(this.folder, this.#appended), 'w', 0o600)
    writeAll(fd, bytes, 0)
    fdatasyncSync(fd)
    closeSync(fd)
    this.#syncFolder()
  }

  /** The next `count` events are in the log already and need no place here; numbers go on behind them. */
  skip(count: number): void {
    if (this.#active !== undefined) {
      const { first, count: events, bytes, handle } = this.#active
      this.#sealed.push({ first, count: events, bytes })
      this.#active = undefined
      void handle.close().catch(() => undefined)
    }
    this.#appended += count
    this.markDelivered(this.#delivered)
  }

  /** Events from number `from` on that are durable, as many as one segment holds. */
  read(from: number): readonly Buffer[] {
    const segment = [...this.#sealed, ...(this.#active ? [this.#active] : [])].find(
      ({ first, count }) => from >= first && from < first + count,
    )
    if (segment === undefined) return []
    if (this.#read?.first !== segment.first || this.#read.bodies.length < segment.count) {
      const { bodies } = readSegment({ path: segmentPath(this.folder, segment.first) })
      this.#read = { first: segment.first, bodies }
    }
    return this.#read.bodies.slice(from - segment.first)
  }

  /** The log has the first `count` events: whole segments of them leave. */
  markDelivered(count: number): void {
    this.#delivered = count
    while (this.#sealed[0] !== undefined && this.#sealed[0].first + this.#sealed[0].count <= count) {
      const [segment] = this.#sealed.splice(0, 1)
      if (segment !== undefined) rmSync(segmentPath(this.folder, segment.first), { force: true })
    }
  }

  /** Writes down how far delivery has come, so that a later process sends less again. Losing it does no harm. */
  keepCursor(): void {
    touchFolder(this.folder)
    if (this.#cursor === this.#delivered) return
    try {
      const path = join(this.folder, cursorName)
      writeFileSync(`${path}.new`, String(this.#delivered))
      renameSync(`${path}.new`, path)
      this.#cursor = this.#delivered
    } catch {
      // What is delivered twice is stored once.
    }
  }

  /** Closes the files. A folder whose events are all delivered is removed. */
  async close(): Promise<void> {
    await this.#active?.handle.close().catch(() => undefined)
    if (this.#delivered >= this.#appended) rmSync(this.folder, { recursive: true, force: true })
    else this.keepCursor()
  }

  async #segmentToWrite(): Promise<ActiveSegment> {
    if (this.#active !== undefined && this.#active.bytes < segmentBytes) return this.#active
    const handle = await open(segmentPath(this.folder, this.#appended), 'wx', 0o600)
    if (this.#active !== undefined) {
      const { first, count, bytes } = this.#active
      this.#sealed.push({ first, count, bytes })
      await this.#active.handle.close()
    }
    this.#active = { handle, first: this.#appended, count: 0, bytes: 0 }
    this.#syncFolder()
    this.markDelivered(this.#delivered)
    return this.#active
  }

  #count(segment: ActiveSegment, events: number, bytes: number): void {
    segment.count += events
    segment.bytes += bytes
    this.#appended += events
  }

  /** A new name in a folder is durable when the folder is. */
  #syncFolder(): void {
    const fd = openSync(this.folder, 'r')
    try {
      fsyncSync(fd)
    } finally {
      closeSync(fd)
    }
  }

  #full(cause?: unknown): RecorderError {
    const why = cause === undefined ? `has its ${this.#bytesMax} bytes` : 'finds no room on the disk'
    return new RecorderError(
      'spool_full',
      `The spool in ${this.folder} ${why}. Nothing that was acknowledged is lost; new events are not taken. Bring the log back, or make room.`,
      { cause },
    )
  }
}

async function writeFully(handle: FileHandle, bytes: Buffer, position: number): Promise<void> {
  for (let done = 0; done < bytes.length;) {
    const { bytesWritten } = await handle.write(bytes, done, bytes.length - done, position + done)
    done += bytesWritten
  }
}

function writeAll(fd: number, bytes: Buffer, position: number): void {
  for (let done = 0; done < bytes.length;) done += writeSync(fd, bytes, done, bytes.length - done, position + done)
}

function unwritable(folder: string, cause: unknown): RecorderError {
  const why = cause instanceof Error ? cause.message : String(cause)
  return new RecorderError(
    'spool_unwritable',
    `The spool in ${folder} cannot be written (${why}). Nothing was recorded there; give the recorder a folder that it may write.`,
    { cause },
  )
}

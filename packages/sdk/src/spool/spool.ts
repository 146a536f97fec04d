import {
  closeSync,
  constants,
  fdatasyncSync,
  mkdirSync,
  openSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs'
import { open, type FileHandle } from 'node:fs/promises'
import { join } from 'node:path'
import { releaseFolder, takeFolder, touchFolder, type Destination } from './owner.ts'
import { encodeRecords, type SpoolRecord } from './record.ts'
import { cursorName, readSegment, segmentPath } from './segments.ts'
import { fullSpool, unwritableSpool } from './spool-error.ts'
import { syncFolder, writeAll } from './write-durably.ts'

/** A segment is closed when it has so many bytes; the log's acknowledgements delete whole segments. */
const segmentBytesMax = 8 * 1024 * 1024

/** Events from `first` on, up to and without `next`. */
interface Stretch {
  readonly first: number
  next: number
  bytes: number
}

interface ActiveSegment extends Stretch {
  readonly handle: FileHandle
  readonly inode: number
}

export interface SpoolOptions {
  readonly root: string
  readonly instance: string
  readonly destination: Destination
  readonly bytesMax: number
}

/**
 * The spool of this process: one folder, written by nobody else. Events are appended in order, are durable when
 * `append` resolves, and leave when the log has acknowledged them.
 */
export class Spool {
  readonly folder: string
  readonly #options: SpoolOptions
  readonly #segmentBytes: number
  readonly #closed: Stretch[] = []
  #destination: Destination
  #active: ActiveSegment | undefined
  #hasFolder = false
  #delivered = 0
  #cursor = 0
  /** What is being written, so that a sudden exit can write it again at the same place. */
  #inFlight: { readonly segment: ActiveSegment; readonly bytes: Buffer; readonly next: number } | undefined
  /** The segment that was read last, parsed. */
  #read: { readonly first: number; readonly next: number; readonly records: readonly SpoolRecord[] } | undefined

  constructor(options: SpoolOptions) {
    this.folder = join(options.root, options.instance)
    this.#options = options
    this.#destination = options.destination
    this.#segmentBytes = Math.min(segmentBytesMax, Math.ceil(options.bytesMax / 4))
  }

  /** Makes the folder, so that who cannot write is told at once. @throws RecorderError `spool_unwritable` */
  prepare(): void {
    if (this.#hasFolder) return
    try {
      mkdirSync(this.folder, { recursive: true, mode: 0o700 })
      takeFolder(this.folder, this.#destination)
      this.#hasFolder = true
    } catch (error) {
      throw unwritableSpool(this.folder, error)
    }
  }

  /** The log behind the destination is known now. */
  nameLog(log: string): void {
    if (this.#destination.log === log) return
    this.#destination = { ...this.#destination, log }
    if (this.#hasFolder) takeFolder(this.folder, this.#destination)
  }

  /** Bytes on disk. */
  get bytes(): number {
    return this.#closed.reduce((sum, { bytes }) => sum + bytes, this.#active?.bytes ?? 0)
  }

  /** The first event behind those that are being written at this moment. */
  get inFlightNext(): number {
    return this.#inFlight?.next ?? 0
  }

  /**
   * Appends events behind all earlier ones. Durable (fdatasync) when it resolves; one call at a time. When it rejects,
   * nothing of it counts, and the same call may be made again.
   *
   * @param first the number of the first event
   * @throws RecorderError `spool_full`, `spool_unwritable`
   */
  async append(texts: readonly string[], first: number): Promise<void> {
    const bytes = encodeRecords(texts, first)
    if (this.bytes + bytes.length > this.#options.bytesMax) await this.#dropDelivered()
    if (this.bytes + bytes.length > this.#options.bytesMax) throw fullSpool(this.folder, this.#options.bytesMax)
    try {
      this.prepare()
      const segment = await this.#segmentToWrite(first)
      this.#inFlight = { segment, bytes, next: first + texts.length }
      await writeFully(segment.handle, bytes, segment.bytes)
      await segment.handle.datasync()
      this.#assertInPlace(segment)
      segment.bytes += bytes.length
      segment.next = first + texts.length
    } catch (error) {
      // What was written of it must not be read as a record behind what comes next.
      await this.#active?.handle.truncate(this.#active.bytes).catch(() => undefined)
      throw isNoRoom(error) ? fullSpool(this.folder, undefined, error) : unwritableSpool(this.folder, error)
    } finally {
      this.#inFlight = undefined
    }
  }

  /**
   * As `append`, at once: for the end of the process. What `append` was writing at this moment is written again at the
   * same place first, so `texts` must begin behind it. No limit holds here.
   */
  appendNow(texts: readonly string[], first: number): void {
    const flying = this.#inFlight
    if (texts.length === 0 && flying === undefined) return
    this.prepare()
    const bytes = encodeRecords(texts, first)
    if (flying !== undefined) {
      writeAll(flying.segment.handle.fd, Buffer.concat([flying.bytes, bytes]), flying.segment.bytes)
      return fdatasyncSync(flying.segment.handle.fd)
    }
    // A file of its own: whatever state the others are in.
    const fd = openSync(segmentPath(this.folder, first), 'w', 0o600)
    writeAll(fd, bytes, 0)
    fdatasyncSync(fd)
    closeSync(fd)
    syncFolder(this.folder)
  }

  /** Events from number `from` on, out of the segment that has it or, when it is lost, of the next one. */
  read(from: number): readonly SpoolRecord[] {
    const segment = [...this.#closed, ...(this.#active ? [this.#active] : [])].find(({ next }) => next > from)
    if (segment === undefined) return []
    if (this.#read?.first !== segment.first || this.#read.next < segment.next) {
      this.#read = { first: segment.first, next: segment.next, records: this.#recordsOf(segment) }
    }
    return this.#read.records.filter(({ number }) => number >= from)
  }

  /** Nothing of a segment that somebody removed; whoever reads sees that it is missing. */
  #recordsOf({ first }: Stretch): readonly SpoolRecord[] {
    try {
      return readSegment(segmentPath(this.folder, first)).records
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'ENOENT') return []
      throw error
    }
  }

  /** The log has the events below `next`: whole segments of them leave. */
  markDelivered(next: number): void {
    this.#delivered = next
    while (this.#closed[0] !== undefined && this.#closed[0].next <= next) {
      const [segment] = this.#closed.splice(0, 1)
      if (segment !== undefined) rmSync(segmentPath(this.folder, segment.first), { force: true })
    }
  }

  /** Writes down how far delivery has come, so that a later process sends less again. Losing it does no harm. */
  keepCursor(): void {
    if (!this.#hasFolder || this.#cursor === this.#delivered) return
    try {
      const path = join(this.folder, cursorName)
      writeFileSync(`${path}.new`, String(this.#delivered))
      renameSync(`${path}.new`, path)
      this.#cursor = this.#delivered
    } catch {
      // What is delivered twice is stored once.
    }
  }

  touch(): void {
    if (this.#hasFolder) touchFolder(this.folder)
  }

  /** Closes the files. The folder is removed when all its events are in the log. */
  async close(isDelivered: boolean): Promise<void> {
    await this.#active?.handle.close().catch(() => undefined)
    this.#active = undefined
    this.leave(isDelivered)
  }

  /** The end of the process: what is left, is left for the next one. */
  leave(isDelivered: boolean): void {
    if (isDelivered) return rmSync(this.folder, { recursive: true, force: true })
    this.keepCursor()
    if (!this.#hasFolder) return
    try {
      releaseFolder(this.folder, this.#destination)
    } catch {
      // It is given up when this process ends.
    }
  }

  async #segmentToWrite(first: number): Promise<ActiveSegment> {
    const before = this.#active
    if (before !== undefined && before.bytes < this.#segmentBytes) return before
    const path = segmentPath(this.folder, first)
    // Never cut: a sudden exit may just have written a file of this name.
    const handle = await open(path, constants.O_WRONLY | constants.O_CREAT, 0o600)
    const { ino: inode } = await handle.stat()
    // The new one stands before the old one is closed, so that a sudden exit always finds an open file.
    this.#active = { handle, inode, first, next: first, bytes: 0 }
    if (before !== undefined) {
      this.#closed.push({ first: before.first, next: before.next, bytes: before.bytes })
      await before.handle.close()
    }
    syncFolder(this.folder)
    this.markDelivered(this.#delivered)
    return this.#active
  }

  /** Makes room: an open segment of which the log has everything is as good as none. */
  async #dropDelivered(): Promise<void> {
    const active = this.#active
    if (active === undefined || active.next > this.#delivered) return
    this.#active = undefined
    rmSync(segmentPath(this.folder, active.first), { force: true })
    await active.handle.close().catch(() => undefined)
  }

  /** Somebody may have removed or moved the folder while it was in use: then nothing there is durable. */
  #assertInPlace(segment: ActiveSegment): void {
    try {
      if (statSync(segmentPath(this.folder, segment.first)).ino === segment.inode) return
    } catch {
      // It is gone.
    }
    this.#active = undefined
    this.#hasFolder = false
    this.#closed.length = 0
    void segment.handle.close().catch(() => undefined)
    throw new Error('its folder was moved or removed while it was in use')
  }
}

function isNoRoom(error: unknown): boolean {
  return ['ENOSPC', 'EDQUOT', 'EFBIG'].includes((error as NodeJS.ErrnoException).code ?? '')
}

async function writeFully(handle: FileHandle, bytes: Buffer, position: number): Promise<void> {
  for (let done = 0; done < bytes.length;) {
    const { bytesWritten } = await handle.write(bytes, done, bytes.length - done, position + done)
    done += bytesWritten
  }
}

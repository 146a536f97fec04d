import { closeSync, fstatSync, mkdirSync, openSync, readFileSync, writeSync } from 'node:fs'
import { homedir } from 'node:os'
import { hash } from 'node:crypto'
import { join, resolve } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { StoreError } from './errors.ts'

/** What this machine remembers of a log, outside its data directory. */
export interface RememberedHead {
  readonly origin: string
  readonly size: number
  /** Lower-case hex. */
  readonly root: string
  /** Where the log lay when it grew to this size: {@link placeOf} its data directory. */
  readonly data: string
}

const slotBytes = 1024
const placeBytesMax = 400

/** `COUNTERFOIL_STATE_DIR`, or the user's state folder by the XDG rules. */
export function defaultStateFolder(env: Readonly<Record<string, string | undefined>> = process.env): string {
  const { COUNTERFOIL_STATE_DIR: own, XDG_STATE_HOME: xdg } = env
  if (own !== undefined && own !== '') return resolve(own)
  return join(
    xdg !== undefined && xdg.startsWith('/') ? xdg : join(homedir(), '.local', 'state'),
    'counterfoil',
    'heads',
  )
}

/** A data directory as it is remembered: its path, or the digest of a path that a record cannot hold. */
export function placeOf(data: string): string {
  return asciiJson(data).length <= placeBytesMax ? data : `sha256:${hash('sha256', data)}`
}

function pathOf(folder: string, vkey: string): string {
  return join(folder, `${hash('sha256', vkey).slice(0, 40)}.head`)
}

/** One byte a character, whatever the path is made of: a record that was cut or recoded would not be believed. */
function asciiJson(value: unknown): string {
  return JSON.stringify(value).replaceAll(
    /[\u007f-\uffff]/g,
    (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`,
  )
}

/** Each record is one line: a checksum over the JSON, a space, the JSON, padding. */
function parseSlot(slot: string): RememberedHead | undefined {
  const line = slot.trimEnd()
  const [sum, json] = [line.slice(0, 64), line.slice(65)]
  if (json === '' || hash('sha256', json) !== sum) return undefined
  return JSON.parse(json) as RememberedHead
}

function readSlots(folder: string, vkey: string): (RememberedHead | undefined)[] {
  const path = pathOf(folder, vkey)
  let text: string
  try {
    text = readFileSync(path, 'latin1')
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return []
    throw new StoreError(
      'data_unwritable',
      `What this machine remembers of the log (${path}) cannot be read, so an older copy could not be noticed. Nothing was written; mend its rights.`,
      { cause: error },
    )
  }
  const slots = [parseSlot(text.slice(0, slotBytes)), parseSlot(text.slice(slotBytes))]
  if (slots.every((slot) => slot === undefined) && /[^\0\s]/.test(text)) {
    throw new StoreError(
      'data_invalid',
      `What this machine remembers of the log (${path}) is damaged, so an older copy could not be noticed. Nothing was written. When you know that the data directory is the newest copy, delete that file.`,
    )
  }
  return slots
}

/**
 * Reads what is remembered of the log with this verifier key; undefined when nothing is.
 *
 * @throws StoreError when something is remembered that cannot be read: a guard that is silently off is none
 */
export function readRememberedHead(folder: string, vkey: string): RememberedHead | undefined {
  return readSlots(folder, vkey).reduce(
    (best, head) => (head !== undefined && head.size >= (best?.size ?? 0) ? head : best),
    undefined,
  )
}

/**
 * Remembers the newest head of one log outside its data directory: the sidecar that notices when the directory is
 * replaced by an older copy. Two slots are written in turn, so that a torn write leaves the other one whole. While it is
 * open, no other process of this machine can write to this log or to a copy of it.
 */
export class HeadMemory implements Disposable {
  readonly #descriptor: number
  readonly #lock: DatabaseSync
  #slot: number

  constructor(folder: string, vkey: string) {
    const path = pathOf(folder, vkey)
    const slots = readSlots(folder, vkey)
    // The slot with the larger size is the last to be written over.
    this.#slot = (slots[1]?.size ?? -1) > (slots[0]?.size ?? -1) ? 1 : 0
    let lock: DatabaseSync | undefined
    let descriptor: number | undefined
    try {
      mkdirSync(folder, { recursive: true, mode: 0o700 })
      descriptor = openSync(path, 'a+', 0o600)
      closeSync(descriptor)
      descriptor = openSync(path, 'r+')
      // Both slots exist from now on: writing over them needs no space on the disk.
      const bytes = fstatSync(descriptor).size
      if (bytes < 2 * slotBytes)
        writeSync(descriptor, Buffer.alloc(2 * slotBytes - bytes, ' ', 'latin1'), 0, 2 * slotBytes - bytes, bytes)
      lock = new DatabaseSync(`${path}.lock`, { timeout: 0 })
      lock.exec('PRAGMA journal_mode=MEMORY; PRAGMA locking_mode=EXCLUSIVE; BEGIN EXCLUSIVE')
    } catch (error) {
      lock?.close()
      if (descriptor !== undefined) closeSync(descriptor)
      if (error instanceof Error && 'errcode' in error && error.errcode === 5) {
        throw new StoreError(
          'data_in_use',
          'This log, or a copy of it, is open for writing in another process of this machine. Two writers would fork it. Nothing was written; stop the other one first.',
          { cause: error },
        )
      }
      throw new StoreError(
        'data_unwritable',
        `The folder that remembers heads (${folder}) cannot be written, and without it an older copy of the log could not be noticed. Set COUNTERFOIL_STATE_DIR to a folder outside the data directory. Nothing was stored.`,
        { cause: error },
      )
    }
    this.#descriptor = descriptor
    this.#lock = lock
  }

  /** Called after each commit, before its acknowledgement. */
  remember(head: RememberedHead): void {
    const json = asciiJson(head)
    const record = Buffer.alloc(slotBytes, ' ', 'latin1')
    const length = record.write(`${hash('sha256', json)} ${json}`, 'latin1')
    record.write('\n', slotBytes - 1)
    if (length > slotBytes - 1)
      throw new StoreError(
        'io_error',
        'The head is too long to be remembered. The events are stored; they are not acknowledged.',
      )
    const slot = 1 - this.#slot
    try {
      writeSync(this.#descriptor, record, 0, slotBytes, slot * slotBytes)
    } catch (error) {
      throw new StoreError(
        'io_error',
        'The head could not be remembered outside the data directory. The events are stored; they are not acknowledged. Check that disk and start again, then send them again: nothing is stored twice.',
        { cause: error },
      )
    }
    this.#slot = slot
  }

  [Symbol.dispose](): void {
    closeSync(this.#descriptor)
    this.#lock.close()
  }
}

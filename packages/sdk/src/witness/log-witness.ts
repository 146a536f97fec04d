import { equalHashes, verifyConsistency, TlogError, type NoteVerifier } from '@counterfoil/tlog'
import { createVerifier, nodeCrypto } from '@counterfoil/tlog/node'
import { RecorderError } from '../errors.ts'
import { TransportError, type BatchReport, type Transport } from '../transport/transport.ts'
import { readCheckpoint, type Checkpoint } from './checkpoint.ts'
import { listRememberedLogs, readRememberedLog, rememberLog } from './remembered-log.ts'

/**
 * Holds the log to what it has signed: every recorder is a small witness. What it remembers lies in the spool and
 * outlives the process.
 */
export class LogWitness {
  readonly #root: string
  readonly #transport: Transport
  readonly #pinned: string | undefined
  #vkey: string | undefined
  #verifier: NoteVerifier | undefined
  #newest: Checkpoint | undefined
  #kept: string | undefined
  #isBroken = false

  /**
   * @param pinned the verifier key that the integrator expects; otherwise the first one seen is remembered
   * @throws RecorderError `options_invalid`
   */
  constructor(root: string, transport: Transport, pinned: string | undefined) {
    if (pinned !== undefined) verifierOf(pinned)
    this.#root = root
    this.#transport = transport
    this.#pinned = pinned
  }

  /** The verifier key of the log, once it is known. */
  get vkey(): string | undefined {
    return this.#vkey
  }

  /**
   * Compares the log with what is remembered: the same key, and a history that contains the remembered tree. A log that
   * cannot show that is told what it signed once, so that it closes itself.
   *
   * @throws RecorderError `log_replaced`, `log_rolled_back`, `log_rewritten`
   * @throws TransportError when the log cannot be asked
   */
  async connect(): Promise<void> {
    const { place } = this.#transport
    const known = this.#transport.isLocal ? undefined : readRememberedLog(this.#root, this.#transport.destination)
    if (this.#isBroken && known === undefined) this.#forget()
    const identity = await this.#transport.identify()
    const expected = this.#pinned ?? this.#vkey ?? known?.vkey ?? identity.vkey
    if (identity.vkey !== expected) {
      throw this.#broken(
        'log_replaced',
        `${place} is now the log ${identity.origin} under another key than the one that is ${this.#pinned === undefined ? 'remembered' : 'expected'}.`,
      )
    }
    const verifier = (this.#verifier ??= verifierOf(expected))
    this.#vkey = expected
    const remembered = this.#largestKnown(verifier)
    const current = identity.checkpoint === undefined ? undefined : this.#read(identity.checkpoint)
    if (remembered !== undefined) await this.#compare(remembered, current)
    this.#newest = current
    this.#isBroken = false
    this.keep()
  }

  /**
   * Checks an answer: the checkpoint is the log's, covers every acknowledged entry, and is no step back. Behind a new
   * connection it must also continue what was signed before.
   *
   * @throws RecorderError as `connect`
   * @throws TransportError for an answer that is none of this log
   */
  async check(report: BatchReport, isNewConnection: boolean): Promise<void> {
    if (report.checkpoint === undefined) return
    const checkpoint = this.#read(report.checkpoint)
    if (report.acks.some(({ index }) => index >= checkpoint.size)) {
      throw garbled('it acknowledges an entry that its checkpoint does not cover')
    }
    const before = this.#newest
    if (before !== undefined && checkpoint.size < before.size) {
      // It may be an older answer on its way; the log itself is asked before it is blamed.
      throw new TransportError('retry', 'answer_stale', 'The answer carries an older checkpoint than one before.')
    }
    const isSameSize = before?.size === checkpoint.size
    if (before !== undefined && (isSameSize || isNewConnection)) await this.#compare(before, checkpoint)
    this.#newest = checkpoint
  }

  /** Writes down the newest checkpoint. */
  keep(): void {
    const note = this.#newest?.note
    if (this.#transport.isLocal || this.#isBroken) return
    if (this.#vkey === undefined || (note !== undefined && note === this.#kept)) return
    const { place, destination } = this.#transport
    // Another process with this spool may have seen a larger tree.
    const other = this.#verifier && readOwn(readRememberedLog(this.#root, destination)?.checkpoint, this.#verifier)
    if (other !== undefined && other.size > (this.#newest?.size ?? 0)) return
    rememberLog(this.#root, destination, {
      place,
      vkey: this.#vkey,
      ...(note !== undefined && { checkpoint: note }),
    })
    this.#kept = note
  }

  #largestKnown(verifier: NoteVerifier): Checkpoint | undefined {
    const notes = this.#transport.isLocal ? [] : listRememberedLogs(this.#root)
    let largest = this.#newest
    for (const { vkey, checkpoint } of notes) {
      const found = vkey === this.#vkey ? readOwn(checkpoint, verifier) : undefined
      if (found !== undefined && found.size > (largest?.size ?? 0)) largest = found
    }
    return largest
  }

  async #compare(remembered: Checkpoint, current: Checkpoint | undefined): Promise<void> {
    if (remembered.size === 0) return
    if (current === undefined || current.size < remembered.size) {
      await this.#accuse(remembered)
      throw this.#broken(
        'log_rolled_back',
        `${this.#transport.place} has ${current?.size ?? 0} entries, and had ${remembered.size}: it was set back, and entries are lost.`,
      )
    }
    if (await this.#isContinued(remembered, current)) return
    await this.#accuse(remembered)
    throw this.#broken(
      'log_rewritten',
      `${this.#transport.place} cannot show that its ${current.size} entries begin with the ${remembered.size} that it had signed.`,
    )
  }

  async #isContinued(remembered: Checkpoint, current: Checkpoint): Promise<boolean> {
    if (remembered.size === current.size) return equalHashes(remembered.root, current.root)
    const path = await this.#transport.proveConsistency(remembered, current)
    try {
      verifyConsistency(nodeCrypto, {
        size1: remembered.size,
        root1: remembered.root,
        size2: current.size,
        root2: current.root,
        proof: path.map((hash) => new Uint8Array(Buffer.from(hash, 'hex'))),
      })
      return true
    } catch (error) {
      if (error instanceof TlogError) return false
      throw error
    }
  }

  /** A log that is shown what it signed closes itself; whether it does changes nothing for us. */
  async #accuse(remembered: Checkpoint): Promise<void> {
    await this.#transport.present(remembered.note).catch(() => undefined)
  }

  #read(note: string): Checkpoint {
    const checkpoint = this.#verifier && readCheckpoint(note, this.#verifier)
    if (checkpoint === undefined) throw garbled('its checkpoint is not signed by the key of the log')
    return checkpoint
  }

  /** An operator has accepted the log as it is. */
  #forget(): void {
    this.#vkey = undefined
    this.#verifier = undefined
    this.#newest = undefined
    this.#kept = undefined
  }

  #broken(code: 'log_replaced' | 'log_rolled_back' | 'log_rewritten', what: string): RecorderError {
    // What it had signed must not be forgotten before somebody has looked.
    this.keep()
    this.#isBroken = true
    return new RecorderError(
      code,
      `${what} Strict actions do not run, and what was recorded stays in the spool. Ask who runs the log; to accept it as it is: counterfoil spool accept-log ${this.#transport.place} --spool ${this.#root}`,
    )
  }
}

/** What another process has written down: only believed when the log has signed it. */
function readOwn(note: string | undefined, verifier: NoteVerifier): Checkpoint | undefined {
  return note === undefined ? undefined : readCheckpoint(note, verifier)
}

function verifierOf(vkey: string): NoteVerifier {
  try {
    return createVerifier(vkey)
  } catch (error) {
    throw new RecorderError(
      'options_invalid',
      'logKey is no verifier key; it looks like example.com/log+1a2b3c4d+AZ….',
      { cause: error },
    )
  }
}

function garbled(why: string): TransportError {
  return new TransportError('retry', 'answer_invalid', `The answer is none of this log: ${why}.`)
}

import { equalHashes, verifyConsistency, TlogError, type NoteVerifier } from '@counterfoil/tlog'
import { createVerifier, nodeCrypto } from '@counterfoil/tlog/node'
import { RecorderError } from '../errors.ts'
import type { BatchReport, Transport } from '../transport/transport.ts'
import { TransportError } from '../transport/transport.ts'
import { readCheckpoint, type Checkpoint } from './checkpoint.ts'
import { readRememberedLog, rememberedLogPath, rememberLog } from './remembered-log.ts'

/**
 * Holds the log to what it has signed: every recorder is a small witness. What it remembers lies beside the spool and
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

  /** @param pinned the verifier key that the integrator expects; otherwise the first one seen is remembered */
  constructor(root: string, transport: Transport, pinned: string | undefined) {
    this.#root = root
    this.#transport = transport
    this.#pinned = pinned
  }

  /**
   * Compares the log with what is remembered: the same key, and a history that contains the remembered tree. The
   * remembered checkpoint is shown to the log too, so that a log that was rolled back closes itself.
   *
   * @throws RecorderError `log_replaced`, `log_rolled_back`, `log_rewritten`
   * @throws TransportError when the log cannot be asked
   */
  async connect(): Promise<void> {
    const { place } = this.#transport
    const identity = await this.#transport.identify()
    const known = readRememberedLog(this.#root, place)
    const expected = this.#pinned ?? known?.vkey ?? identity.vkey
    if (identity.vkey !== expected) {
      throw this.#broken(
        'log_replaced',
        `${place} is now the log ${identity.origin} under another key than the one that is ${this.#pinned === undefined ? 'remembered' : 'expected'}.`,
      )
    }
    this.#vkey = expected
    this.#verifier = verifierOf(expected)
    const remembered = this.#newest ?? (known?.checkpoint && readCheckpoint(known.checkpoint, this.#verifier))
    const current = identity.checkpoint === undefined ? undefined : this.#read(identity.checkpoint)
    if (remembered) await this.#compare(remembered, current)
    this.#newest = current ?? this.#newest
    this.keep()
  }

  /**
   * Checks an answer: the checkpoint is the log's, it covers every acknowledged entry, and it is no step back.
   *
   * @throws RecorderError as `connect`
   * @throws TransportError for an answer that is none of this log
   */
  check(report: BatchReport): void {
    if (report.checkpoint === undefined) return
    const checkpoint = this.#read(report.checkpoint)
    const last = report.acks.reduce((most, { index }) => Math.max(most, index), -1)
    if (last >= checkpoint.size) throw garbled('it acknowledges an entry that its checkpoint does not cover')
    const before = this.#newest
    if (before !== undefined && checkpoint.size < before.size) {
      // Two answers may overtake one another; the log itself is asked before it is blamed.
      throw new TransportError('retry', 'answer_stale', 'The answer carries an older checkpoint than one before.')
    }
    if (before?.size === checkpoint.size && !equalHashes(before.root, checkpoint.root)) {
      throw this.#broken(
        'log_rewritten',
        `${this.#transport.place} signed two different trees of ${before.size} entries.`,
      )
    }
    this.#newest = checkpoint
  }

  /** Writes down the newest checkpoint. */
  keep(): void {
    const note = this.#newest?.note
    if (this.#vkey === undefined || (note !== undefined && note === this.#kept)) return
    rememberLog(this.#root, {
      place: this.#transport.place,
      vkey: this.#vkey,
      ...(note !== undefined && { checkpoint: note }),
    })
    this.#kept = note
  }

  async #compare(remembered: Checkpoint, current: Checkpoint | undefined): Promise<void> {
    if (current === undefined || current.size < remembered.size) {
      await this.#accuse(remembered)
      throw this.#broken(
        'log_rolled_back',
        `${this.#transport.place} has ${current?.size ?? 0} entries, and had ${remembered.size}: it was set back, and entries are lost.`,
      )
    }
    if (current.size === remembered.size && remembered.size === 0) return
    try {
      const path = await this.#transport.proveConsistency(remembered, current)
      verifyConsistency(nodeCrypto, {
        size1: remembered.size,
        root1: remembered.root,
        size2: current.size,
        root2: current.root,
        proof: path.map((hash) => new Uint8Array(Buffer.from(hash, 'hex'))),
      })
    } catch (error) {
      if (!(error instanceof TlogError)) throw error
      await this.#accuse(remembered)
      throw this.#broken(
        'log_rewritten',
        `${this.#transport.place} cannot show that its ${current.size} entries begin with the ${remembered.size} that it had signed.`,
      )
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

  #broken(code: 'log_replaced' | 'log_rolled_back' | 'log_rewritten', what: string): RecorderError {
    return new RecorderError(
      code,
      `${what} Strict actions do not run, and what was recorded stays in the spool. Ask who runs the log; to accept it as it is, delete ${rememberedLogPath(this.#root, this.#transport.place)}.`,
    )
  }
}

function verifierOf(vkey: string): NoteVerifier {
  try {
    return createVerifier(vkey)
  } catch (error) {
    throw new RecorderError(
      'options_invalid',
      'logKey is no verifier key; it looks like example.com/log+1a2b3c4d+AZ….',
      {
        cause: error,
      },
    )
  }
}

function garbled(why: string): TransportError {
  return new TransportError('retry', 'answer_invalid', `The answer is none of this log: ${why}.`)
}

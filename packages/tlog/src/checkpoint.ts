import { decodeBase64, encodeBase64 } from './base64.ts'
import { parseDecimal } from './decimal.ts'
import { TlogError } from './errors.ts'
import { equalHashes, hashBytes } from './hash.ts'
import type { NoteSigner, NoteVerifier } from './note-key.ts'
import { type OpenNote, openNote, signNote } from './note.ts'
import { assertSize } from './size.ts'

/** The head of a log at one size: the text of a C2SP tlog-checkpoint. */
export interface Checkpoint {
  /** Names the log; unique. */
  readonly origin: string
  /** Number of leaves. */
  readonly size: number
  /** RFC 6962 tree hash at this size. */
  readonly root: Uint8Array
  /** Further lines; opaque. Ours have none. */
  readonly extensions?: readonly string[]
}

/** A checkpoint that its log has signed. */
export interface OpenCheckpoint extends Checkpoint {
  readonly extensions: readonly string[]
  /** The note it came in, with the signatures that were verified and those of unknown keys. */
  readonly note: OpenNote
}

/** Which log a checkpoint has to be of. */
export interface CheckpointPolicy {
  /** The origin line has to be exactly this. */
  readonly origin: string
  /** Keys of the log; one has to have signed. Witness keys do not belong here: a witness cannot speak for the log. */
  readonly verifiers: readonly NoteVerifier[]
}

// SHA-256 of nothing.
const emptyRootBase64 = '47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU='
// eslint-disable-next-line no-control-regex -- control characters are what is refused here
const linePattern = /^[^\u0000-\u001f]+$/

/** The note text of a checkpoint. Throws `checkpoint_malformed` or `size_invalid`. */
export function formatCheckpoint(checkpoint: Checkpoint): string {
  const { origin, size, root, extensions = [] } = checkpoint
  assertSize(size)
  if (root.length !== hashBytes) throw malformed('the root has not 32 bytes')
  assertEmptyRoot(size, root)
  for (const line of [origin, ...extensions]) {
    if (!linePattern.test(line) || !line.isWellFormed()) throw malformed('a line is empty or has control characters')
  }
  return [origin, String(size), encodeBase64(root), ...extensions, ''].join('\n')
}

/**
 * Reads the text of a checkpoint, without signatures. Throws `checkpoint_malformed` for anything but origin, size, root
 * and extension lines in their one spelling, and for an empty tree with another root than that of the empty tree.
 */
export function parseCheckpoint(text: string): Required<Checkpoint> {
  if (!text.endsWith('\n')) throw malformed('the last line does not end in a newline')
  if (!text.isWellFormed()) throw malformed('it has lone surrogates')
  const lines = text.slice(0, -1).split('\n')
  if (!lines.every((line) => linePattern.test(line))) throw malformed('a line is empty or has control characters')
  const [origin, sizeLine, rootLine, ...extensions] = lines
  if (origin === undefined || sizeLine === undefined || rootLine === undefined) {
    throw malformed('it has fewer than three lines')
  }
  const size = parseDecimal(sizeLine)
  if (size === undefined) throw malformed('the size is not a decimal up to 2^53 - 1 without leading zeros')
  const root = decodeBase64(rootLine)
  if (root?.length !== hashBytes) throw malformed('the root is not canonical base64 of 32 bytes')
  assertEmptyRoot(size, root)
  return { origin, size, root, extensions }
}

/** Signs a checkpoint. The note's key names should be the origin (tlog-checkpoint). */
export function signCheckpoint(checkpoint: Checkpoint, signers: readonly NoteSigner[]): string {
  return signNote(formatCheckpoint(checkpoint), signers)
}

/**
 * Reads and verifies a signed checkpoint of one log. Throws the codes of `openNote`, then `checkpoint_malformed`, and
 * `origin_mismatch` when the checkpoint is of another log.
 */
export function openCheckpoint(input: string | Uint8Array, policy: CheckpointPolicy): OpenCheckpoint {
  const note = openNote(input, policy.verifiers)
  const checkpoint = parseCheckpoint(note.text)
  if (checkpoint.origin !== policy.origin) {
    throw new TlogError('origin_mismatch', 'this checkpoint is of another log than the one asked for')
  }
  return { ...checkpoint, note }
}

function assertEmptyRoot(size: number, root: Uint8Array): void {
  if (size !== 0) return
  const empty = decodeBase64(emptyRootBase64)
  if (empty === undefined || !equalHashes(root, empty)) throw malformed('a tree without leaves has another root')
}

function malformed(why: string): TlogError {
  return new TlogError('checkpoint_malformed', `not a checkpoint: ${why}`)
}

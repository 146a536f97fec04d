import { decodeBase64, encodeBase64 } from './base64.ts'
import { type CheckpointPolicy, type OpenCheckpoint, openCheckpoint } from './checkpoint.ts'
import type { TlogCrypto } from './crypto.ts'
import { parseDecimal } from './decimal.ts'
import { TlogError } from './errors.ts'
import { hashBytes } from './hash.ts'
import { verifyInclusion } from './inclusion.ts'
import { parseNote } from './note.ts'
import { decodeUtf8 } from './utf8.ts'

/** The parts of a C2SP `tlog-proof@v1` file. */
export interface TlogProof {
  /** Index of the leaf. */
  readonly index: number
  /** Inclusion proof, the leaf's sibling first. */
  readonly proof: readonly Uint8Array[]
  /** The signed checkpoint, verbatim. */
  readonly checkpoint: string
  /** What the application adds. Not authenticated: check it against the leaf. */
  readonly extra?: Uint8Array
}

/** What a valid proof file shows. */
export interface VerifiedTlogProof {
  readonly index: number
  readonly checkpoint: OpenCheckpoint
  /** Not authenticated. */
  readonly extra?: Uint8Array
}

/** First line of every proof file. */
const headerLine = 'c2sp.org/tlog-proof@v1'
/** No tree has more levels than a size has bits; 2^63 is the limit of the format's other implementations. */
const proofHashesMax = 63
const extraPrefix = 'extra '
const indexPrefix = 'index '

/** Writes a proof file. Throws `proof_malformed` or `note_malformed` when {@link parseTlogProof} would refuse it. */
export function formatTlogProof(proof: TlogProof): string {
  if (!Number.isSafeInteger(proof.index) || proof.index < 0) throw malformed('the index is no leaf index')
  if (proof.proof.length > proofHashesMax) throw malformed('it has too many hashes')
  if (proof.proof.some((hash) => hash.length !== hashBytes)) throw malformed('a hash has not 32 bytes')
  if (proof.extra?.length === 0) throw malformed('empty extra data is left out')
  parseNote(proof.checkpoint)
  const extra = proof.extra === undefined ? [] : [`${extraPrefix}${encodeBase64(proof.extra)}`]
  const head = [headerLine, ...extra, `${indexPrefix}${proof.index}`, ...proof.proof.map(encodeBase64)]
  return `${head.join('\n')}\n\n${proof.checkpoint}`
}

/**
 * Reads a proof file without verifying it. Throws `proof_malformed` for everything that is not exactly the format, and
 * `note_malformed` for its checkpoint.
 */
export function parseTlogProof(input: string | Uint8Array): TlogProof {
  const text = typeof input === 'string' ? input : decodeUtf8(input)
  if (text === undefined) throw malformed('it is not UTF-8')
  // Nothing before the first empty line can be empty itself, so the checkpoint starts there.
  const split = text.indexOf('\n\n')
  if (split < 0) throw malformed('no empty line stands before the checkpoint')
  const lines = text.slice(0, split).split('\n')
  const checkpoint = text.slice(split + 2)
  if (lines.shift() !== headerLine) throw malformed(`the first line is not ${headerLine}`)
  const extra = lines[0]?.startsWith(extraPrefix) ? parseExtra(lines.shift() ?? '') : undefined
  const index = parseIndex(lines.shift() ?? '')
  if (lines.length > proofHashesMax) throw malformed('it has too many hashes')
  const proof = lines.map(parseHash)
  parseNote(checkpoint)
  return { index, proof, checkpoint, ...(extra === undefined ? {} : { extra }) }
}

/**
 * Verifies a proof file offline: the checkpoint is signed by the log of `policy`, and the leaf with `leafHash` (which
 * the caller computes from the bytes it holds) stands in that tree at the index that the file names. Throws on
 * anything else, with the codes of {@link parseTlogProof}, `openCheckpoint` and `verifyInclusion`.
 */
export function verifyTlogProof(
  crypto: TlogCrypto,
  input: string | Uint8Array,
  policy: CheckpointPolicy & { readonly leafHash: Uint8Array },
): VerifiedTlogProof {
  const { index, proof, checkpoint: note, extra } = parseTlogProof(input)
  const checkpoint = openCheckpoint(note, policy)
  const { size, root } = checkpoint
  verifyInclusion(crypto, { index, size, leafHash: policy.leafHash, proof, root })
  return { index, checkpoint, ...(extra === undefined ? {} : { extra }) }
}

function parseExtra(line: string): Uint8Array {
  const bytes = decodeBase64(line.slice(extraPrefix.length))
  if (bytes === undefined || bytes.length === 0) throw malformed('the extra line is not canonical base64')
  return bytes
}

function parseIndex(line: string): number {
  const index = line.startsWith(indexPrefix) ? parseDecimal(line.slice(indexPrefix.length)) : undefined
  if (index === undefined) throw malformed('the index line is not a decimal without leading zeros')
  return index
}

function parseHash(line: string): Uint8Array {
  const hash = decodeBase64(line)
  if (hash?.length !== hashBytes) throw malformed('a hash line is not canonical base64 of 32 bytes')
  return hash
}

function malformed(why: string): TlogError {
  return new TlogError('proof_malformed', `not a tlog-proof: ${why}`)
}

/**
 * The transparency log on bytes: RFC 6962 trees, C2SP tiles, signed notes, checkpoints and proof files. It imports
 * nothing of ours, all of it is synchronous, and crypto is given by the caller (`./node`, `./web`).
 *
 * @module
 */
export { decodeBase64, encodeBase64 } from './base64.ts'
export {
  type Checkpoint,
  type CheckpointPolicy,
  formatCheckpoint,
  type OpenCheckpoint,
  openCheckpoint,
  parseCheckpoint,
  signCheckpoint,
} from './checkpoint.ts'
export { type ConsistencyClaim, makeConsistencyProof, tilesForConsistency, verifyConsistency } from './consistency.ts'
export type { TlogCrypto } from './crypto.ts'
export { TlogError, type TlogErrorCode } from './errors.ts'
export { emptyRoot, equalHashes, hashBytes, leafHash, nodeHash } from './hash.ts'
export {
  type InclusionClaim,
  makeInclusionProof,
  rootFromInclusion,
  tilesForInclusion,
  verifyInclusion,
} from './inclusion.ts'
export {
  createSigner,
  createVerifier,
  formatSignerKey,
  formatVerifierKey,
  isKeyName,
  type NoteSigner,
  type NoteVerifier,
  parseSignerKey,
  parseVerifierKey,
  type VerifierKey,
} from './note-key.ts'
export {
  formatNote,
  type Note,
  noteBytesMax,
  type NoteSignature,
  noteSignaturesMax,
  type OpenNote,
  openNote,
  parseNote,
  signNote,
} from './note.ts'
export { createProver, type Prover, type TileReader } from './prover.ts'
export { rootOfTiles, tilesForRoot } from './root.ts'
export { treeSizeMax } from './size.ts'
export { formatTilePath, parseTilePath, type Tile, tileHash, tileLevelMax, tilesForGrowth, tileWidth } from './tile.ts'
export {
  formatTlogProof,
  parseTlogProof,
  type TlogProof,
  type VerifiedTlogProof,
  verifyTlogProof,
} from './tlog-proof.ts'
export { createTree, parseTree, Tree, type TileHashSink } from './tree.ts'

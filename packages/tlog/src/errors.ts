/** Every code that a {@link TlogError} can carry. Codes are stable; messages are not. */
export type TlogErrorCode =
  | 'hash_malformed'
  | 'size_invalid'
  | 'index_out_of_range'
  | 'edge_malformed'
  | 'tile_malformed'
  | 'tile_path_malformed'
  | 'proof_malformed'
  | 'proof_invalid'
  | 'note_malformed'
  | 'note_unverified'
  | 'signature_invalid'
  | 'checkpoint_malformed'
  | 'origin_mismatch'
  | 'key_malformed'
  | 'key_ambiguous'

/**
 * The one error of this package: bytes from outside were refused, or a caller asked for something a log cannot have.
 * Nothing is half done when it is thrown.
 */
export class TlogError extends Error {
  override readonly name = 'TlogError'
  readonly code: TlogErrorCode

  constructor(code: TlogErrorCode, message: string) {
    super(message)
    this.code = code
  }
}

/**
 * The crypto port: everything this package needs from outside. `@counterfoil/tlog/node` and `@counterfoil/tlog/web`
 * implement it.
 *
 * Implementations must not keep or change the arrays they are given (callers reuse buffers), and must return fresh
 * arrays. `verifyEd25519` answers false for every malformed key or signature; it never throws.
 */
export interface TlogCrypto {
  /** SHA-256, 32 bytes. */
  sha256(data: Uint8Array): Uint8Array
  /** RFC 8032 Ed25519 (no prehash, no context) over `message`; `seed` is the 32-byte private key. */
  signEd25519(seed: Uint8Array, message: Uint8Array): Uint8Array
  /** RFC 8032 verification; `publicKey` 32 bytes, `signature` 64 bytes. */
  verifyEd25519(publicKey: Uint8Array, message: Uint8Array, signature: Uint8Array): boolean
  /** The 32-byte public key of a 32-byte seed. */
  publicKeyEd25519(seed: Uint8Array): Uint8Array
}

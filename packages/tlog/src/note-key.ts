import { decodeBase64, encodeBase64 } from './base64.ts'
import type { TlogCrypto } from './crypto.ts'
import { TlogError } from './errors.ts'
import { encodeUtf8 } from './utf8.ts'
import { isWeakPublicKey } from './weak-key.ts'

/** Checks the signatures of one key. Other signature types than Ed25519 can be had by implementing it. */
export interface NoteVerifier {
  readonly name: string
  /** The first four bytes of SHA-256(name ‖ 0x0A ‖ type ‖ public key), as an unsigned 32-bit number. */
  readonly keyId: number
  /** `name+<key id in hex>+<base64 of type and public key>`. */
  readonly vkey: string
  /** True when `signature` (without the key id) is this key's over `message`. Never throws. */
  verify(message: Uint8Array, signature: Uint8Array): boolean
}

/** Signs with one key. */
export interface NoteSigner {
  readonly name: string
  readonly keyId: number
  /** The verifier key that belongs to this signer; public. */
  readonly vkey: string
  sign(message: Uint8Array): Uint8Array
}

/** The parts of a verifier key string. */
export interface VerifierKey {
  readonly name: string
  readonly keyId: number
  /** 32 bytes, Ed25519. */
  readonly publicKey: Uint8Array
}

const ed25519Type = 0x01
const ed25519KeyBytes = 32
const ed25519SignatureBytes = 64
const signerPrefix = 'PRIVATE+KEY+'
const keyIdPattern = /^[0-9a-f]{8}$/

/**
 * True when `name` can name a key in a signed note: not empty, no white space of Unicode, no plus sign and no
 * control characters.
 */
export function isKeyName(name: string): boolean {
  if (name.length === 0 || !name.isWellFormed()) return false
  // eslint-disable-next-line no-control-regex -- control characters are what is refused here
  return !/[\p{White_Space}+\u0000-\u001f]/u.test(name)
}

/** `name+<key id>+<base64>`, the C2SP signed-note verifier key. Throws `key_malformed`. */
export function formatVerifierKey(crypto: TlogCrypto, name: string, publicKey: Uint8Array): string {
  const encoded = keyMaterial(publicKey)
  return `${name}+${keyIdToHex(computeKeyId(crypto, name, encoded))}+${encodeBase64(encoded)}`
}

/** Reads an Ed25519 verifier key. Throws `key_malformed`, also when the key id is not that of the key. */
export function parseVerifierKey(crypto: TlogCrypto, vkey: string): VerifierKey {
  // The base64 part may hold plus signs itself; neither name nor id can.
  const [name = '', hex = '', ...rest] = vkey.split('+')
  const encoded = decodeKeyMaterial(rest.join('+'))
  const publicKey = encoded.subarray(1)
  if (isWeakPublicKey(publicKey)) throw new TlogError('key_malformed', 'the public key is one that proves nothing')
  const keyId = computeKeyId(crypto, name, encoded)
  if (!keyIdPattern.test(hex) || keyIdToHex(keyId) !== hex) {
    throw new TlogError('key_malformed', 'the key id does not belong to this name and public key')
  }
  return { name, keyId, publicKey }
}

/** The verifier of an Ed25519 verifier key string. Throws `key_malformed`. */
export function createVerifier(crypto: TlogCrypto, vkey: string): NoteVerifier {
  const { name, keyId, publicKey } = parseVerifierKey(crypto, vkey)
  return {
    name,
    keyId,
    vkey,
    verify: (message, signature) =>
      signature.length === ed25519SignatureBytes && crypto.verifyEd25519(publicKey, message, signature),
  }
}

/** A signer that holds a copy of `seed`, the 32-byte Ed25519 private key. Throws `key_malformed`. */
export function createSigner(crypto: TlogCrypto, name: string, seed: Uint8Array): NoteSigner {
  assertSeed(seed)
  const key = new Uint8Array(seed)
  const publicKey = crypto.publicKeyEd25519(key)
  return {
    name,
    keyId: computeKeyId(crypto, name, keyMaterial(publicKey)),
    vkey: formatVerifierKey(crypto, name, publicKey),
    sign: (message) => crypto.signEd25519(key, message),
  }
}

/** The signer key string that Go's note tools write. Secret. Throws `key_malformed`. */
export function formatSignerKey(crypto: TlogCrypto, name: string, seed: Uint8Array): string {
  assertSeed(seed)
  const keyId = computeKeyId(crypto, name, keyMaterial(crypto.publicKeyEd25519(seed)))
  return `${signerPrefix}${name}+${keyIdToHex(keyId)}+${encodeBase64(keyMaterial(seed))}`
}

/** Reads a signer key string. Throws `key_malformed`, without any part of the key in the message. */
export function parseSignerKey(crypto: TlogCrypto, skey: string): { name: string; seed: Uint8Array } {
  if (!skey.startsWith(signerPrefix)) throw new TlogError('key_malformed', 'not a signer key')
  const [name = '', hex = '', ...rest] = skey.slice(signerPrefix.length).split('+')
  const seed = decodeKeyMaterial(rest.join('+')).subarray(1)
  const keyId = computeKeyId(crypto, name, keyMaterial(crypto.publicKeyEd25519(seed)))
  if (!keyIdPattern.test(hex) || keyIdToHex(keyId) !== hex) {
    throw new TlogError('key_malformed', 'the key id does not belong to this name and key')
  }
  return { name, seed }
}

function computeKeyId(crypto: TlogCrypto, name: string, encodedKey: Uint8Array): number {
  const head = isKeyName(name) ? encodeUtf8(`${name}\n`) : undefined
  if (head === undefined) {
    throw new TlogError('key_malformed', 'a key name is not empty and has no spaces, plus signs or control characters')
  }
  const input = new Uint8Array(head.length + encodedKey.length)
  input.set(head)
  input.set(encodedKey, head.length)
  const digest = crypto.sha256(input)
  return new DataView(digest.buffer, digest.byteOffset, digest.byteLength).getUint32(0)
}

function keyIdToHex(keyId: number): string {
  return keyId.toString(16).padStart(8, '0')
}

function keyMaterial(key: Uint8Array): Uint8Array {
  if (key.length !== ed25519KeyBytes) throw new TlogError('key_malformed', 'an Ed25519 key has 32 bytes')
  const encoded = new Uint8Array(1 + ed25519KeyBytes)
  encoded[0] = ed25519Type
  encoded.set(key, 1)
  return encoded
}

function decodeKeyMaterial(base64: string): Uint8Array {
  const encoded = decodeBase64(base64)
  if (encoded === undefined || encoded.length !== 1 + ed25519KeyBytes || encoded[0] !== ed25519Type) {
    throw new TlogError('key_malformed', 'the key is not base64 of type 1 (Ed25519) and 32 bytes')
  }
  return encoded
}

function assertSeed(seed: Uint8Array): void {
  if (seed.length !== ed25519KeyBytes) throw new TlogError('key_malformed', 'an Ed25519 seed has 32 bytes')
}

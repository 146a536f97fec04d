import {
  createPrivateKey,
  createPublicKey,
  hash,
  type KeyObject,
  sign as signWithKey,
  verify as verifyWithKey,
} from 'node:crypto'
import type { TlogCrypto } from './crypto.ts'
import { equalHashes } from './hash.ts'
import {
  createSigner as createSignerWith,
  createVerifier as createVerifierWith,
  type NoteSigner,
  type NoteVerifier,
  parseVerifierKey,
} from './note-key.ts'
import { isWeakPublicKey } from './weak-key.ts'

// RFC 8410: the DER around a raw Ed25519 key is always the same.
const publicKeyDer = [0x30, 0x2a, 0x30, 0x05, 0x06, 0x03, 0x2b, 0x65, 0x70, 0x03, 0x21, 0x00]
const privateKeyDer = [0x30, 0x2e, 0x02, 0x01, 0x00, 0x30, 0x05, 0x06, 0x03, 0x2b, 0x65, 0x70, 0x04, 0x22, 0x04, 0x20]

/** The crypto port on `node:crypto`. To sign or verify often with one key use {@link createSigner} and {@link createVerifier}. */
export const nodeCrypto: TlogCrypto = {
  // Through a string: node makes that several times faster than a buffer for bodies as small as ours.
  sha256: (data) => plainBytes(Buffer.from(hash('sha256', data, 'binary'), 'latin1')),
  signEd25519: (seed, message) => plainBytes(signWithKey(null, message, importSeed(seed))),
  verifyEd25519(publicKey, message, signature) {
    const key = importPublicKey(publicKey)
    return key !== undefined && verifyWithKey(null, message, key, signature)
  },
  publicKeyEd25519: (seed) => exportPublicKey(importSeed(seed)),
}

/** A signer that imports its key once; importing costs about as much as signing. Throws `key_malformed`. */
export function createSigner(name: string, seed: Uint8Array): NoteSigner {
  let key: KeyObject | undefined
  const held: TlogCrypto = {
    ...nodeCrypto,
    publicKeyEd25519: (raw) => exportPublicKey((key = importSeed(raw))),
    signEd25519: (raw, message) =>
      key !== undefined && equalHashes(raw, seed)
        ? plainBytes(signWithKey(null, message, key))
        : nodeCrypto.signEd25519(raw, message),
  }
  return createSignerWith(held, name, seed)
}

/** A verifier that imports its key once. Throws `key_malformed`. */
export function createVerifier(vkey: string): NoteVerifier {
  const own = parseVerifierKey(nodeCrypto, vkey).publicKey
  const key = importPublicKey(own)
  const held: TlogCrypto = {
    ...nodeCrypto,
    // The key that was imported stands in for its own bytes alone: asked about another, this answers for that one.
    verifyEd25519: (publicKey, message, signature) =>
      key !== undefined && equalHashes(publicKey, own)
        ? verifyWithKey(null, message, key, signature)
        : nodeCrypto.verifyEd25519(publicKey, message, signature),
  }
  return createVerifierWith(held, vkey)
}

/** A Buffer's `slice` shares memory and its JSON differs: callers get the type that the port promises. */
function plainBytes(buffer: Buffer): Uint8Array {
  return new Uint8Array(buffer.buffer, buffer.byteOffset, buffer.length)
}

function importSeed(seed: Uint8Array): KeyObject {
  const der = Buffer.concat([Uint8Array.from(privateKeyDer), seed])
  return createPrivateKey({ key: der, format: 'der', type: 'pkcs8' })
}

function importPublicKey(publicKey: Uint8Array): KeyObject | undefined {
  if (publicKey.length !== 32 || isWeakPublicKey(publicKey)) return undefined
  try {
    return createPublicKey({
      key: Buffer.concat([Uint8Array.from(publicKeyDer), publicKey]),
      format: 'der',
      type: 'spki',
    })
  } catch {
    return undefined
  }
}

function exportPublicKey(privateKey: KeyObject): Uint8Array {
  const der = createPublicKey(privateKey).export({ format: 'der', type: 'spki' })
  return new Uint8Array(der.subarray(publicKeyDer.length))
}

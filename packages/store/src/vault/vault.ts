import { createCipheriv, createDecipheriv, createSecretKey, type KeyObject } from 'node:crypto'
import { StoreError } from '../errors.ts'
import { hmacSha256, hmacSha256Hex } from './hmac.ts'
import { fillRandom, randomBytes } from './random.ts'

const keyBytes = 32
const ivBytes = 12
const tagBytes = 16
const saltBytes = 32
const headerBytes = 8 + 1 + 4 + saltBytes

/** One sealed body: which event, whether payload or summary, its salt, its bytes. */
export interface VaultEntry {
  readonly index: number
  readonly kind: 'payload' | 'summary'
  readonly salt: Uint8Array
  readonly bytes: Uint8Array
}

/** HMAC-SHA-256(salt, bytes): what the leaf says of a body. */
export function commitmentOf(salt: Uint8Array, bytes: Uint8Array): string {
  return `hmac-sha256:${hmacSha256Hex(salt, bytes)}`
}

export function createSalt(): Uint8Array {
  return fillRandom(new Uint8Array(saltBytes))
}

/** A key object costs a cipher a quarter of what raw bytes cost it. */
function encrypt(key: KeyObject, plain: Uint8Array, context: Uint8Array): Buffer {
  const iv = randomBytes(ivBytes)
  const cipher = createCipheriv('aes-256-gcm', key, iv)
  cipher.setAAD(context)
  const body = cipher.update(plain)
  cipher.final()
  return Buffer.concat([iv, body, cipher.getAuthTag()])
}

function decrypt(key: KeyObject, sealed: Uint8Array, context: Uint8Array): Buffer {
  try {
    const decipher = createDecipheriv('aes-256-gcm', key, sealed.subarray(0, ivBytes))
    decipher.setAAD(context)
    decipher.setAuthTag(sealed.subarray(sealed.length - tagBytes))
    return Buffer.concat([decipher.update(sealed.subarray(ivBytes, sealed.length - tagBytes)), decipher.final()])
  } catch (error) {
    throw new StoreError(
      'vault_sealed',
      'A payload block does not open: it was changed, or the vault key is another one.',
      { cause: error },
    )
  }
}

/**
 * Encrypts payloads (AES-256-GCM): one data key a run, wrapped by the log's master key. Destroying a wrapped key erases
 * everything under it, in backups of the database as well once they are rotated.
 */
export class Vault {
  readonly #master: Uint8Array
  readonly #masterKey: KeyObject
  readonly #context: Buffer

  /** @param context the origin of the log: blocks of one log do not open in another. */
  constructor(master: Uint8Array, context: string) {
    if (master.length !== keyBytes)
      throw new StoreError('key_invalid', `The vault key has ${master.length} bytes; ${keyBytes} are needed.`)
    this.#master = master
    this.#masterKey = createSecretKey(master)
    this.#context = Buffer.from(context, 'utf8')
  }

  createKey(): { readonly key: Uint8Array; readonly wrapped: Buffer } {
    const key = randomBytes(keyBytes)
    return { key, wrapped: encrypt(this.#masterKey, key, this.#context) }
  }

  unwrapKey(wrapped: Uint8Array): Uint8Array {
    // Copied out of the slab of buffers that it would keep.
    return new Uint8Array(decrypt(this.#masterKey, wrapped, this.#context))
  }

  /** A key for the log as a whole, for what has no erasable key of its own. */
  deriveLogKey(purpose: string): Buffer {
    return hmacSha256(this.#master, this.#context, Buffer.from(`\0${purpose}`, 'utf8'))
  }

  sealBlock(key: Uint8Array, entries: readonly VaultEntry[]): Buffer {
    const plain = Buffer.allocUnsafe(entries.reduce((sum, entry) => sum + headerBytes + entry.bytes.length, 0))
    let at = 0
    for (const { index, kind, salt, bytes } of entries) {
      plain.writeBigUInt64BE(BigInt(index), at)
      plain.writeUInt8(kind === 'payload' ? 0 : 1, at + 8)
      plain.writeUInt32BE(bytes.length, at + 9)
      plain.set(salt, at + 13)
      plain.set(bytes, at + headerBytes)
      at += headerBytes + bytes.length
    }
    return encrypt(createSecretKey(key), plain, this.#context)
  }

  openBlock(key: Uint8Array, sealed: Uint8Array): VaultEntry[] {
    const plain = decrypt(createSecretKey(key), sealed, this.#context)
    const entries: VaultEntry[] = []
    let at = 0
    while (at + headerBytes <= plain.length) {
      const length = plain.readUInt32BE(at + 9)
      entries.push({
        index: Number(plain.readBigUInt64BE(at)),
        kind: plain[at + 8] === 0 ? 'payload' : 'summary',
        salt: plain.subarray(at + 13, at + headerBytes),
        bytes: plain.subarray(at + headerBytes, at + headerBytes + length),
      })
      at += headerBytes + length
    }
    return entries
  }
}

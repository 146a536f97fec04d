import { existsSync, mkdirSync, readFileSync, writeFileSync, openSync, fsyncSync, closeSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { createVerifier, formatSignerKey, parseSignerKey, type NoteSigner } from '@counterfoil/tlog'
import { createSigner, nodeCrypto } from '@counterfoil/tlog/node'
import { StoreError } from './errors.ts'
import { randomBytes } from './vault/random.ts'

type Env = Readonly<Record<string, string | undefined>>

/** The secrets of one log. */
export interface LogKeys {
  readonly signer: NoteSigner
  /** 32 bytes: wraps the data keys of the payloads. */
  readonly vaultKey: Uint8Array
}

const variableOf = (kind: string, log: string): string =>
  `COUNTERFOIL_${kind}_KEY_${log.toUpperCase().replaceAll(/[^A-Z0-9]/g, '_')}`

function writeSecret(path: string, text: string): void {
  writeFileSync(path, `${text}\n`, { mode: 0o600, flag: 'wx' })
  const descriptor = openSync(path, 'r')
  fsyncSync(descriptor)
  closeSync(descriptor)
  // The name of a new file lies in its folder: without this a power cut could leave a log without its key.
  const folder = openSync(dirname(path), 'r')
  fsyncSync(folder)
  closeSync(folder)
}

/** Makes the keys of a new log, in `keys/` of the data directory (0600), unless the environment gives them. */
export function createLogKeys(data: string, log: string, id: string, origin: string, env: Env): LogKeys {
  const folder = join(data, 'keys')
  mkdirSync(folder, { recursive: true, mode: 0o700 })
  if (env[variableOf('SIGNING', log)] === undefined) {
    writeSecret(join(folder, `${id}.signing.key`), formatSignerKey(nodeCrypto, origin, randomBytes(32)))
  }
  if (env[variableOf('VAULT', log)] === undefined) {
    writeSecret(join(folder, `${id}.vault.key`), randomBytes(32).toString('base64'))
  }
  return readLogKeys(data, log, id, origin, env)
}

function secretOf(path: string, variable: string, env: Env): string {
  const given = env[variable]
  if (given !== undefined) return given.trim()
  if (!existsSync(path)) {
    throw new StoreError(
      'key_missing',
      `The key file ${path} is missing and ${variable} is not set. A new key would not fit the log; restore the file. Nothing was written.`,
    )
  }
  return readFileSync(path, 'utf8').trim()
}

/** Reads the keys of a log. A missing key is never replaced by a new one. */
export function readLogKeys(data: string, log: string, id: string, origin: string, env: Env): LogKeys {
  const folder = join(data, 'keys')
  let signer: NoteSigner
  try {
    const { name, seed } = parseSignerKey(
      nodeCrypto,
      secretOf(join(folder, `${id}.signing.key`), variableOf('SIGNING', log), env),
    )
    if (name !== origin)
      throw new StoreError('key_invalid', `The signing key is named ${name}, but the log is ${origin}.`)
    signer = createSigner(name, seed)
  } catch (error) {
    if (error instanceof StoreError) throw error
    throw new StoreError('key_invalid', 'The signing key does not parse. Nothing was written.', { cause: error })
  }
  const vaultKey = readVaultKey(data, log, id, env)
  return { signer, vaultKey }
}

/** The key that opens payloads; readers need it and no signing key. */
export function readVaultKey(data: string, log: string, id: string, env: Env): Uint8Array {
  const vaultKey = Buffer.from(secretOf(join(data, 'keys', `${id}.vault.key`), variableOf('VAULT', log), env), 'base64')
  if (vaultKey.length !== 32)
    throw new StoreError('key_invalid', 'The vault key is not 32 bytes in base64. Nothing was written.')
  return new Uint8Array(vaultKey)
}

/** The public half, as C2SP verifier key. */
export function verifierOf(vkey: string): ReturnType<typeof createVerifier> {
  return createVerifier(nodeCrypto, vkey)
}

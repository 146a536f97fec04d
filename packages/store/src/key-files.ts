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

/** A log as its keys know it. */
export interface KeyedLog {
  /** The data directory. */
  readonly data: string
  readonly log: string
  readonly id: string
  readonly origin: string
  /** On a closed log: the name under which it was open. */
  readonly madeAs?: string
}

type KeyKind = 'signing' | 'vault'

function variableOf(kind: KeyKind, log: string): string {
  return `COUNTERFOIL_${kind.toUpperCase()}_KEY_${log.toUpperCase().replaceAll(/[^A-Z0-9]/g, '_')}`
}

function pathOf({ data, id }: Pick<KeyedLog, 'data' | 'id'>, kind: KeyKind): string {
  return join(data, 'keys', `${id}.${kind}.key`)
}

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

/** The signing key that the environment gives to a log of this name. Its name is the origin of the log. */
export function givenSigner(log: string, env: Env): NoteSigner | undefined {
  const given = env[variableOf('signing', log)]
  return given === undefined ? undefined : parseSigner(given)
}

/** Makes the keys of a new log, in `keys/` of the data directory (0600), unless the environment gives them. */
export function createLogKeys(log: KeyedLog, env: Env): LogKeys {
  const isSignerGiven = givenSigner(log.log, env)?.name === log.origin
  const isVaultKeyGiven = env[variableOf('vault', log.log)] !== undefined
  // A key that cannot be used is refused before one is made beside it.
  if (isVaultKeyGiven) readVaultKey(log, env)
  mkdirSync(join(log.data, 'keys'), { recursive: true, mode: 0o700 })
  if (!isSignerGiven) writeSecret(pathOf(log, 'signing'), formatSignerKey(nodeCrypto, log.origin, randomBytes(32)))
  if (!isVaultKeyGiven) writeSecret(pathOf(log, 'vault'), randomBytes(32).toString('base64'))
  return readLogKeys(log, env)
}

function secretOf(path: string, variable: string, given: string | undefined): string {
  if (given !== undefined) return given.trim()
  if (!existsSync(path)) {
    throw new StoreError(
      'key_missing',
      `The key file ${path} is missing and ${variable} is not set. A new key would not fit the log; restore the file. Nothing was written.`,
    )
  }
  return readFileSync(path, 'utf8').trim()
}

function parseSigner(text: string): NoteSigner {
  try {
    const { name, seed } = parseSignerKey(nodeCrypto, text.trim())
    return createSigner(name, seed)
  } catch (error) {
    throw new StoreError('key_invalid', 'The signing key does not parse. Nothing was written.', { cause: error })
  }
}

/** Reads the keys of a log. A missing key is never replaced by a new one. */
export function readLogKeys(log: KeyedLog, env: Env): LogKeys {
  return { signer: readSigner(log, env), vaultKey: readVaultKey(log, env) }
}

function readSigner(log: KeyedLog, env: Env): NoteSigner {
  const path = pathOf(log, 'signing')
  const given = givenSigner(log.log, env)
  if (given?.name === log.origin) return given
  // A log that goes on after a loss has a key file of its own; the variable then still holds the key of the log before.
  if (given !== undefined && !existsSync(path)) throw misnamed(given.name, log.origin)
  const signer = parseSigner(secretOf(path, variableOf('signing', log.log), undefined))
  if (signer.name !== log.origin) throw misnamed(signer.name, log.origin)
  return signer
}

function misnamed(name: string, origin: string): StoreError {
  return new StoreError(
    'key_invalid',
    `The signing key is named ${name}, but the log is ${origin}. Nothing was written.`,
  )
}

/** Puts a key in the place of a lost one that opens nothing: the log can be read but for its payloads. */
export function replaceLostVaultKey(log: Omit<KeyedLog, 'origin'>, env: Env): void {
  const path = pathOf(log, 'vault')
  if (existsSync(path) || env[variableOf('vault', log.madeAs ?? log.log)] !== undefined) return
  writeSecret(path, randomBytes(32).toString('base64'))
}

/** The key that opens payloads; readers need it and no signing key. */
export function readVaultKey(log: Omit<KeyedLog, 'origin'>, env: Env): Uint8Array {
  const path = pathOf(log, 'vault')
  const variable = variableOf('vault', log.madeAs ?? log.log)
  // The variable may have been set for the successor of a closed log that has a file of its own.
  const isOfSuccessor = log.madeAs !== undefined && existsSync(path)
  const vaultKey = Buffer.from(secretOf(path, variable, isOfSuccessor ? undefined : env[variable]), 'base64')
  if (vaultKey.length !== 32)
    throw new StoreError('key_invalid', 'The vault key is not 32 bytes in base64. Nothing was written.')
  return new Uint8Array(vaultKey)
}

/** The public half, as C2SP verifier key. */
export function verifierOf(vkey: string): ReturnType<typeof createVerifier> {
  return createVerifier(nodeCrypto, vkey)
}

import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { StoreError } from '../../errors.ts'
import { createLogKeys, givenSigner } from '../../key-files.ts'
import { checkOrigin } from '../../log-name.ts'
import { randomBytes } from '../../vault/random.ts'
import type { ControlLog } from './control-file.ts'

/**
 * Makes the folder and the keys of a new log. Nothing knows of it until it stands in the control file. A signing key from
 * the environment is named after its log, so it says what the origin is; one that is in use already belongs to another log.
 *
 * @param inUse origins of the logs that are there
 */
export function makeLogFolder(data: string, log: string, inUse: ReadonlySet<string>, origin?: string): ControlLog {
  const id = randomBytes(16).toString('hex')
  const given = givenSigner(log, process.env)?.name
  const ofKey = given === undefined || inUse.has(given) ? undefined : given
  if (origin !== undefined && ofKey !== undefined && origin !== ofKey) {
    throw new StoreError(
      'key_invalid',
      `The signing key from the environment is named ${ofKey}, but the log shall be ${origin}. Nothing was written; leave the origin out, or give a key of that name.`,
    )
  }
  const name = origin ?? ofKey ?? `counterfoil.local/${id.slice(0, 16)}`
  checkOrigin(name)
  const { signer } = createLogKeys({ data, log, id, origin: name }, process.env)
  mkdirSync(join(data, 'logs', id), { recursive: true, mode: 0o700 })
  return { log, id, origin: name, vkey: signer.vkey, createdAt: new Date().toISOString() }
}

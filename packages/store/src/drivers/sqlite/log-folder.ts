import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { createLogKeys } from '../../key-files.ts'
import { checkOrigin } from '../../log-name.ts'
import { randomBytes } from '../../vault/random.ts'
import type { ControlLog } from './control-file.ts'

/** Makes the folder and the keys of a new log. Nothing knows of it until it stands in the control file. */
export function makeLogFolder(data: string, log: string, origin?: string): ControlLog {
  const id = randomBytes(16).toString('hex')
  const name = origin ?? `counterfoil.local/${id.slice(0, 16)}`
  checkOrigin(name)
  const { signer } = createLogKeys(data, log, id, name, process.env)
  mkdirSync(join(data, 'logs', id), { recursive: true, mode: 0o700 })
  return { log, id, origin: name, vkey: signer.vkey, createdAt: new Date().toISOString() }
}

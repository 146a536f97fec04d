import { existsSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { ControlFile, StoreError } from '@counterfoil/store'
import { StoredKeyRing } from './key-ring.ts'
import type { KeyRing } from './ledger.ts'

/** The API keys of a data directory, and the names of its logs, oldest first. */
export interface OpenKeys extends Disposable {
  readonly keys: KeyRing
  readonly logs: readonly string[]
}

/**
 * Opens the API keys of a data directory without taking it, so that keys are made and revoked beside a running server:
 * whoever may write the file is the operator. A server takes notice within a second.
 *
 * @throws StoreError `not_found` when nothing is there yet
 */
export function openKeys(options: { data: string }): OpenKeys {
  const data = resolve(options.data)
  const path = join(data, 'control.db')
  if (!existsSync(path)) throw new StoreError('not_found', `There is no log in ${data}. Nothing was changed.`)
  const control = new ControlFile(path)
  const logs = control.logs().filter(({ closedAt }) => closedAt === undefined)
  return {
    keys: new StoredKeyRing({ control }),
    logs: logs.map(({ log }) => log),
    [Symbol.dispose]: () => control[Symbol.dispose](),
  }
}

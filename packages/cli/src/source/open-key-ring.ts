import { existsSync } from 'node:fs'
import { join } from 'node:path'
import type { ApiKeyReport, Scope } from '@counterfoil/ledger'
import { CliError, usageError } from '../cli-error.ts'
import { defaultData, type PlaceOptions } from '../options.ts'
import type { HttpClient } from './http-client.ts'
import { checkPlace, openServer, openSource } from './open-source.ts'

/** The API keys of one log: in a data directory, also beside a running server, or behind a URL. */
export interface PlacedKeys extends AsyncDisposable {
  create(options: { scopes: readonly Scope[]; name?: string }): Promise<{ key: string; report: ApiKeyReport }>
  list(): Promise<readonly ApiKeyReport[]>
  revoke(id: string): Promise<void>
}

/** @param how `make` makes the data directory and a log when there is none */
export async function openKeyRing(options: PlaceOptions, how: { make?: boolean } = {}): Promise<PlacedKeys> {
  checkPlace(options)
  if (options.url !== undefined) return keysOfServer(await openServer(options.url, options))
  const data = options.data ?? defaultData
  if (how.make === true && !existsSync(join(data, 'control.db'))) {
    await (await openSource(options, 'write'))[Symbol.asyncDispose]()
  }
  return keysOfData(data, options.log)
}

async function keysOfData(data: string, wanted: string | undefined): Promise<PlacedKeys> {
  const { openKeys } = await import('@counterfoil/ledger')
  const opened = openKeys({ data })
  const [only = '', second] = opened.logs
  if (wanted === undefined && second !== undefined) {
    opened[Symbol.dispose]()
    throw usageError(`There are several logs here: ${opened.logs.join(', ')}.`, 'Name one with --log.')
  }
  const log = wanted ?? only
  return {
    create: (key) => opened.keys.create({ log, ...key }),
    list: () => opened.keys.list(log),
    async revoke(id) {
      const keys = await opened.keys.list(log)
      if (!keys.some((key) => key.id === id)) throw new CliError('api_key_unknown', `The log ${log} has no key ${id}.`)
      await opened.keys.revoke(id)
    },
    [Symbol.asyncDispose]: () => Promise.resolve(opened[Symbol.dispose]()),
  }
}

function keysOfServer(http: HttpClient): PlacedKeys {
  return {
    create: (key) =>
      http.json('v1/keys', { method: 'POST', body: { mediaType: 'application/json', text: JSON.stringify(key) } }),
    list: async () => (await http.json<{ keys: ApiKeyReport[] }>('v1/keys')).keys,
    revoke: async (id) => void (await http.send(`v1/keys/${encodeURIComponent(id)}`, { method: 'DELETE' })),
    [Symbol.asyncDispose]: () => Promise.resolve(),
  }
}

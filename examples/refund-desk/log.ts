import { openKeys } from '@counterfoil/ledger'
import { defaultConfig, startServer } from '@counterfoil/server'

/** The log that the desk records to. */
export interface DeskLog extends AsyncDisposable {
  readonly url: string
  readonly ingestKey: string
  /** Of somebody else than the agent: what it says counts as observed. */
  readonly observeKey: string
  /** How the program finds it. */
  readonly place: string
}

/** The server that the environment names, or one of our own in this process, on a data directory. */
export async function openLog(data: string): Promise<DeskLog> {
  const { COUNTERFOIL_URL: url, COUNTERFOIL_API_KEY: key, COUNTERFOIL_OBSERVE_KEY: observe } = process.env
  if (url !== undefined && key !== undefined && observe !== undefined) {
    return { url, ingestKey: key, observeKey: observe, place: `--url ${url}`, [Symbol.asyncDispose]: closeNothing }
  }
  const server = await startServer({ ...defaultConfig, data, port: 0, logLevel: 'warn' })
  using opened = openKeys({ data })
  const ingest = await opened.keys.create({ log: 'main', scopes: ['ingest'], name: 'refund desk' })
  const observer = await opened.keys.create({ log: 'main', scopes: ['observe'], name: 'shop database' })
  return {
    url: server.url,
    ingestKey: ingest.key,
    observeKey: observer.key,
    place: `--data ${data}`,
    [Symbol.asyncDispose]: () => server[Symbol.asyncDispose](),
  }
}

/** The server of somebody else is not ours to stop. */
function closeNothing(): Promise<void> {
  return Promise.resolve()
}

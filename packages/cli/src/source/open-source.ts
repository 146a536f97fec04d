import type { LogReport } from '@counterfoil/ledger'
import { CliError, usageError } from '../cli-error.ts'
import { requireLog } from '../open-existing.ts'
import { defaultData, type PlaceOptions } from '../options.ts'
import { HttpClient } from './http-client.ts'
import type { Source } from './source.ts'

/**
 * Opens what `--data` or `--url` names. Reading works beside a running server; `change` takes the data directory, and
 * `write` makes the log too when there is none.
 */
export async function openSource(options: PlaceOptions, mode: 'read' | 'change' | 'write' = 'read'): Promise<Source> {
  const { data, url, log } = options
  checkPlace(options)
  if (url === undefined) {
    const { openLedgerSource } = await import('./ledger-source.ts')
    const place = data ?? defaultData
    if (mode === 'change') requireLog(place)
    return openLedgerSource({
      data: place,
      mode: mode === 'read' ? 'read' : 'write',
      ...(log === undefined ? {} : { log }),
    })
  }
  const { HttpSource } = await import('./http-source.ts')
  return new HttpSource(await openServer(url, options))
}

/** @throws CliError `usage` where options contradict each other */
export function checkPlace({ data, url, key }: PlaceOptions): void {
  if (url !== undefined && data !== undefined) throw usageError('Give either --data or --url, not both.')
  if (url === undefined && key !== undefined) throw usageError('--key belongs to --url; a data directory needs no key.')
}

/** A client of a server, after a look at whether its key opens the log that was asked for. */
export async function openServer(url: string, { key, log }: PlaceOptions): Promise<HttpClient> {
  const http = new HttpClient(readUrl(url), readKey(key))
  if (log === undefined) return http
  const { log: actual } = await http.json<LogReport>('v1/log')
  if (actual === log) return http
  throw new CliError('log_forbidden', `The key opens the log ${actual}, not ${log}. A key decides which log is read.`)
}

function readUrl(text: string): URL {
  const url = URL.canParse(text) ? new URL(text) : undefined
  if (url === undefined || !['http:', 'https:'].includes(url.protocol) || url.username !== '' || url.search !== '') {
    throw usageError('--url is an http or https address such as http://127.0.0.1:7717, without a key or query in it.')
  }
  if (!url.pathname.endsWith('/')) url.pathname += '/'
  return url
}

function readKey(option: string | undefined): string {
  const key = option ?? process.env['COUNTERFOIL_API_KEY'] ?? ''
  if (/^[\x21-\x7e]+$/.test(key)) return key
  throw new CliError(
    'unauthenticated',
    key === '' ? 'A server wants an API key, and there is none.' : 'This cannot be an API key.',
    {
      advice: 'Set COUNTERFOIL_API_KEY, or give --key. Keys are made by: counterfoil keys create --scope read',
    },
  )
}

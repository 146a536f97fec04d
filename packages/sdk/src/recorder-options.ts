import type { createRedactor } from '@counterfoil/schema/redact'
import type { Approver } from './approval/callback-desk.ts'
import type { ApprovalDesk } from './approval/approval-desk.ts'
import type { Duration } from './duration.ts'
import { RecorderError } from './errors.ts'
import type { Agent, Delivery } from './recorder-core.ts'

/** Something that went wrong where no caller waits. */
export interface RecorderProblem {
  readonly code: string
  readonly message: string
  /** The run that it concerns, where it concerns one. */
  readonly runId?: string
}

/** What a recorder is made of. Without `url` and `data`, COUNTERFOIL_URL and COUNTERFOIL_API_KEY say where the log is. */
export interface RecorderOptions {
  /** The server. */
  readonly url?: string
  /** API key of the log, with scope `ingest`. */
  readonly key?: string
  /** A data directory: the log is kept in this process, without a server. Needs the package `@counterfoil/ledger`. */
  readonly data?: string
  /** With `data`: where this machine remembers how far that log was. Default COUNTERFOIL_STATE_DIR, or as the program does. */
  readonly state?: string
  /** The agent that acts. Without it, the workflow of each run. */
  readonly agent?: Agent
  /** `production`, `staging`, … */
  readonly environment?: string
  /** Whether actions that change something wait for the log (`strict`, the default) or for this machine's spool. */
  readonly delivery?: Delivery
  /** How long a strict action waits for the log before it is refused. Default 10 s, and 60 s where the log is kept in this process. */
  readonly confirmWithin?: Duration
  /** How long a person has where no check says so. Default 1 h. */
  readonly approvalWithin?: Duration
  /** Asks a person. Without it, and without `desk`, actions that need one are refused. */
  readonly approver?: Approver
  /** Where `approver` asks: `terminal`, `slack`. */
  readonly approverSurface?: string
  /** Where people decide, instead of `approver`. */
  readonly desk?: ApprovalDesk
  /** What else is secret, and what is not. */
  readonly redaction?: Parameters<typeof createRedactor>[0]
  /** Folder of the spool. Default `./counterfoil-spool`, or COUNTERFOIL_SPOOL. */
  readonly spool?: string
  readonly spoolBytesMax?: number
  /** When the spool is full, `record` waits (`block`, the default) or fails (`fail`). Nothing is ever dropped. */
  readonly whenFull?: 'block' | 'fail'
  /** Verifier key of the log; without it, the first one that is seen is remembered. */
  readonly logKey?: string
  /** Told of what no caller can be told of. Default: one line on stderr for every kind of problem. */
  readonly onProblem?: (problem: RecorderProblem) => void
}

/** Where the log is. */
export type Destination =
  | { readonly kind: 'server'; readonly url: string; readonly key: string }
  | { readonly kind: 'embedded'; readonly data: string; readonly state?: string }

/** @throws RecorderError `options_invalid` */
export function destinationOf(options: RecorderOptions, env: NodeJS.ProcessEnv): Destination {
  const { data, state } = options
  if (data !== undefined) {
    if (options.url !== undefined) throw invalid('Give either url or data: a log is on a server or in this process.')
    if (data === '') throw invalid('data names no directory.')
    return { kind: 'embedded', data, ...(state !== undefined && { state }) }
  }
  if (state !== undefined) throw invalid('state goes with data: a server keeps its own.')
  const url = options.url ?? env['COUNTERFOIL_URL']
  const key = options.key ?? env['COUNTERFOIL_API_KEY']
  if (url === undefined || url === '') {
    throw invalid(
      'Where is the log? Set COUNTERFOIL_URL and COUNTERFOIL_API_KEY, or give { url, key }, or { data } for a log in this process.',
    )
  }
  if (!URL.canParse(url) || !/^https?:$/.test(new URL(url).protocol)) throw invalid(`${url} is no http or https URL.`)
  const { username, password } = new URL(url)
  if (username !== '' || password !== '')
    throw invalid('The url holds no name and no password: the key goes in { key }.')
  if (key === undefined || key === '')
    throw invalid('The server wants an API key: set COUNTERFOIL_API_KEY, or give { key }.')
  return { kind: 'server', url: url.replace(/\/+$/, ''), key }
}

function invalid(message: string): RecorderError {
  return new RecorderError('options_invalid', message)
}

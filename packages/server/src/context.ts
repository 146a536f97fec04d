import { openLedger, type Ledger } from '@counterfoil/ledger'
import type { Logger } from 'pino'
import { createAuthenticator, type Authenticator } from './auth.ts'
import { BodyBudget } from './body-budget.ts'
import type { ServerConfig } from './config.ts'
import { createLogger } from './logger.ts'
import { createMetrics, type Metrics } from './metrics.ts'
import { createPublicLogs, type PublicLogs } from './public-logs.ts'
import { createTailRegistry, type TailRegistry } from './tail-registry.ts'
import { createWriteHealth, type WriteHealth } from './write-health.ts'

/** Everything that routes work with. Made once, here, and passed to them. */
export interface ServerContext extends AsyncDisposable {
  readonly config: ServerConfig
  readonly ledger: Ledger
  readonly logger: Logger
  readonly metrics: Metrics
  readonly authenticator: Authenticator
  readonly budget: BodyBudget
  readonly tails: TailRegistry
  readonly publicLogs: PublicLogs
  readonly writeHealth: WriteHealth
  /** Aborted when the server stops: whatever waits gives up, nothing new begins. */
  readonly stopping: AbortController
}

export async function createContext(config: ServerConfig): Promise<ServerContext> {
  const logger = createLogger(config)
  const ledger = await openLedger({
    data: config.data,
    mode: 'write',
    ...(config.state === undefined ? {} : { state: config.state }),
    ...(config.firstLog === undefined ? {} : { firstLog: config.firstLog }),
  })
  const budget = new BodyBudget(config.bodyBytesInFlightMax)
  return {
    config,
    ledger,
    logger,
    metrics: createMetrics(() => budget.bytes),
    authenticator: createAuthenticator(ledger.keys),
    budget,
    tails: createTailRegistry({ streamsMax: config.tailStreamsMax, streamsPerLogMax: config.tailStreamsPerLogMax }),
    publicLogs: createPublicLogs(ledger),
    writeHealth: createWriteHealth(),
    stopping: new AbortController(),
    [Symbol.asyncDispose]: () => ledger[Symbol.asyncDispose](),
  }
}

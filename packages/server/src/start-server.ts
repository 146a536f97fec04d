import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { getRequestListener } from '@hono/node-server'
import type { Ledger } from '@counterfoil/ledger'
import { createApp } from './app.ts'
import { answerClientError } from './client-error.ts'
import { checkConfig, ConfigError, isLoopback, type ServerConfig } from './config.ts'
import { createContext, type ServerContext } from './context.ts'
import { problemDocument, problemHeaders, ProblemError } from './problem.ts'

/** A server that accepts requests. Disposing of it lets requests end, ends live streams, and closes the data. */
export interface RunningServer extends AsyncDisposable {
  /** Where it listens, without a slash at the end. */
  readonly url: string
  /** As given, with the port that was taken. */
  readonly config: ServerConfig
  /** Set when this start made the first log: its name and its admin key, which is shown nowhere else. */
  readonly firstStart?: NonNullable<Ledger['firstStart']>
}

const headersBytesMax = 16 * 1024
const requestsPerSocketMax = 100_000

/** On every answer. There is no CORS header: no page of another origin may read anything. */
const fixedHeaders = new Map([
  ['cache-control', 'no-store'],
  ['content-security-policy', "default-src 'none'; frame-ancestors 'none'"],
  ['cross-origin-resource-policy', 'same-origin'],
  ['referrer-policy', 'no-referrer'],
  ['x-content-type-options', 'nosniff'],
])

/**
 * Opens the data and listens.
 *
 * @throws ConfigError for a setting that cannot be used, and what `openLedger` throws
 */
export async function startServer(config: ServerConfig): Promise<RunningServer> {
  checkConfig(config)
  const context = await createContext(config)
  try {
    const server = createHttpServer(context)
    await listen(server, config)
    const { port } = server.address() as AddressInfo
    const url = `http://${config.host.includes(':') ? `[${config.host}]` : config.host}:${port}`
    context.ledger.describeHolder(url)
    context.logger.info({ url }, 'listening')
    if (!isLoopback(config.host)) {
      context.logger.warn({ host: config.host }, 'reachable from other machines; put TLS in front of it')
    }
    let stopped: Promise<void> | undefined
    const { firstStart } = context.ledger
    return {
      url,
      config: { ...config, port },
      ...(firstStart === undefined ? {} : { firstStart }),
      [Symbol.asyncDispose]: () => (stopped ??= stop(server, context)),
    }
  } catch (error) {
    await context[Symbol.asyncDispose]()
    throw error
  }
}

function createHttpServer(context: ServerContext): Server {
  const { config } = context
  const app = createApp(context)
  const listener = getRequestListener(app.fetch, {
    errorHandler: (error) => {
      context.logger.debug({ err: error }, 'malformed request')
      const problem = new ProblemError('request_malformed', 'The request target or the Host header is malformed.')
      const document = problemDocument(problem)
      return new Response(JSON.stringify(document), { status: document.status, headers: problemHeaders(problem) })
    },
  })
  const handle = (incoming: IncomingMessage, outgoing: ServerResponse): void => {
    outgoing.setHeaders(fixedHeaders)
    void listener(incoming, outgoing)
  }
  const server = createServer(
    {
      headersTimeout: config.headersTimeoutMs,
      requestTimeout: config.requestTimeoutMs,
      keepAliveTimeout: config.keepAliveTimeoutMs,
      connectionsCheckingInterval: Math.min(1_000, config.headersTimeoutMs, config.requestTimeoutMs),
      maxHeaderSize: headersBytesMax,
      // The listener refuses it too, but as a problem.
      requireHostHeader: false,
    },
    handle,
  )
  server.maxConnections = config.connectionsMax
  server.maxRequestsPerSocket = requestsPerSocketMax
  server.timeout = config.socketIdleMs
  server.on('clientError', answerClientError)
  return server
}

async function listen(server: Server, { host, port }: ServerConfig): Promise<void> {
  await new Promise<void>((resolve, reject) => {
    server.once('error', (error: NodeJS.ErrnoException) => {
      if (error.code === 'EADDRINUSE')
        reject(new ConfigError('COUNTERFOIL_PORT', `port ${port} is in use.`, 'port_in_use'))
      else if (error.code === 'EACCES') reject(new ConfigError('COUNTERFOIL_PORT', `port ${port} may not be used.`))
      else if (error.code === 'EADDRNOTAVAIL' || error.code === 'ENOTFOUND') {
        reject(new ConfigError('COUNTERFOIL_HOST', `${host} is no address of this machine.`))
      } else reject(error)
    })
    server.listen(port, host, resolve)
  })
}

/** Takes nothing new, lets what runs end, and closes the data last: an append that has begun is never cut off. */
async function stop(server: Server, context: ServerContext): Promise<void> {
  context.stopping.abort()
  context.tails.endAll()
  const closed = new Promise<void>((resolve) => {
    server.close(() => resolve())
  })
  const idle = setInterval(() => server.closeIdleConnections(), 20)
  const deadline = setTimeout(() => server.closeAllConnections(), context.config.shutdownTimeoutMs)
  server.closeIdleConnections()
  await closed
  clearInterval(idle)
  clearTimeout(deadline)
  await context[Symbol.asyncDispose]()
  context.logger.info('stopped')
}

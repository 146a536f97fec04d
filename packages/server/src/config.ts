/** What a server needs to know, checked. Durations and sizes carry their unit. */
export interface ServerConfig {
  /** The data directory. */
  readonly data: string
  /** Where heads are remembered outside the data directory; default per user. */
  readonly state?: string
  /** Name of the log that the first start makes. */
  readonly firstLog?: string
  readonly host: string
  /** 0 takes any free port. */
  readonly port: number
  /** The URL under which clients reach the server, without a slash at the end; default what the client asked for. */
  readonly publicUrl?: string
  /** Bearer token that reads the figures of the whole process; without it a key reads those of its own log. */
  readonly metricsToken?: string
  readonly logLevel: 'trace' | 'debug' | 'info' | 'warn' | 'error' | 'silent'
  readonly headersTimeoutMs: number
  /** A whole request, headers and body, must have come by then. */
  readonly requestTimeoutMs: number
  readonly keepAliveTimeoutMs: number
  /** A socket without traffic in either direction is closed after this time. */
  readonly socketIdleMs: number
  readonly connectionsMax: number
  /** Request bodies that are being read or stored, together; beyond it clients are told to come back. */
  readonly bodyBytesInFlightMax: number
  readonly tailStreamsMax: number
  readonly tailStreamsPerLogMax: number
  readonly tailHeartbeatMs: number
  /** A reader that takes nothing for this time is cut off; it can resume. */
  readonly tailStallMs: number
  /** How long requests may still take when the server stops. */
  readonly shutdownTimeoutMs: number
}

export const defaultPort = 7717

/** Everything but the data directory. */
export const defaultConfig = {
  host: '127.0.0.1',
  port: defaultPort,
  logLevel: 'info',
  headersTimeoutMs: 10_000,
  requestTimeoutMs: 60_000,
  keepAliveTimeoutMs: 65_000,
  socketIdleMs: 120_000,
  connectionsMax: 1_024,
  bodyBytesInFlightMax: 128 * 1024 * 1024,
  tailStreamsMax: 256,
  tailStreamsPerLogMax: 64,
  tailHeartbeatMs: 15_000,
  tailStallMs: 30_000,
  shutdownTimeoutMs: 10_000,
} as const satisfies Omit<ServerConfig, 'data'>

/** A setting that cannot be used: its name, and what it must be. */
export class ConfigError extends Error {
  override readonly name = 'ConfigError'
  readonly code: 'config_invalid' | 'port_in_use'
  readonly setting: string

  constructor(setting: string, message: string, code: ConfigError['code'] = 'config_invalid') {
    super(`${setting}: ${message}`)
    this.setting = setting
    this.code = code
  }
}

type Environment = Readonly<Record<string, string | undefined>>

const logLevels = ['trace', 'debug', 'info', 'warn', 'error', 'silent'] as const

/** Reads the settings from environment variables. @throws ConfigError */
export function readConfig(environment: Environment): ServerConfig {
  const value = (name: string): string | undefined => environment[name] || undefined
  const state = value('COUNTERFOIL_STATE_DIR')
  const firstLog = value('COUNTERFOIL_LOG')
  const publicUrl = value('COUNTERFOIL_PUBLIC_URL')
  const metricsToken = value('COUNTERFOIL_METRICS_TOKEN')
  const port = value('COUNTERFOIL_PORT')
  const level = value('COUNTERFOIL_LOG_LEVEL')
  return checkConfig({
    ...defaultConfig,
    data: value('COUNTERFOIL_DATA') ?? './counterfoil-data',
    host: value('COUNTERFOIL_HOST') ?? defaultConfig.host,
    ...(state === undefined ? {} : { state }),
    ...(firstLog === undefined ? {} : { firstLog }),
    ...(publicUrl === undefined ? {} : { publicUrl }),
    ...(metricsToken === undefined ? {} : { metricsToken }),
    ...(port === undefined ? {} : { port: /^[0-9]{1,5}$/.test(port) ? Number(port) : Number.NaN }),
    ...(level === undefined ? {} : { logLevel: level as ServerConfig['logLevel'] }),
  })
}

/** Checks settings wherever they came from, and returns them. @throws ConfigError */
export function checkConfig(config: ServerConfig): ServerConfig {
  if (config.data === '') throw new ConfigError('COUNTERFOIL_DATA', 'must name a directory.')
  if (!/^[0-9A-Za-z.:_-]{1,255}$/.test(config.host)) {
    throw new ConfigError('COUNTERFOIL_HOST', 'must be a host name or an IP address to listen on.')
  }
  if (!Number.isInteger(config.port) || config.port < 0 || config.port > 65_535) {
    throw new ConfigError('COUNTERFOIL_PORT', 'must be a number from 0 to 65535.')
  }
  if (!logLevels.includes(config.logLevel)) {
    throw new ConfigError('COUNTERFOIL_LOG_LEVEL', `must be one of ${logLevels.join(', ')}.`)
  }
  if (config.publicUrl !== undefined && !/^https?:\/\/[^\s/?#@]+(\/[^\s?#]*[^\s?#/])?$/.test(config.publicUrl)) {
    throw new ConfigError('COUNTERFOIL_PUBLIC_URL', 'must be an http or https URL without a slash at its end.')
  }
  if (config.metricsToken !== undefined && !/^[\x21-\x7e]{16,256}$/.test(config.metricsToken)) {
    throw new ConfigError('COUNTERFOIL_METRICS_TOKEN', 'must be 16 to 256 printable ASCII characters.')
  }
  return config
}

/** Whether only this machine can reach the host. */
export function isLoopback(host: string): boolean {
  return host === 'localhost' || host === '::1' || /^127(\.[0-9]{1,3}){3}$/.test(host)
}

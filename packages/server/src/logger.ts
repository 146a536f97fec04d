import { destination, pino, type Logger } from 'pino'
import type { ServerConfig } from './config.ts'

/** Writes JSON lines to stderr: stdout belongs to the program that starts the server. Never given bodies or headers. */
export function createLogger(config: Pick<ServerConfig, 'logLevel'>): Logger {
  return pino({ level: config.logLevel, base: null }, destination({ dest: 2, sync: true }))
}

/**
 * HTTP on the ledger: `startServer` opens a data directory and serves it.
 *
 * @module
 */
export { checkConfig, ConfigError, defaultConfig, defaultPort, readConfig, type ServerConfig } from './config.ts'
export {
  httpErrorCodes,
  problemTable,
  type HttpErrorCode,
  type ProblemCode,
  type ProblemEntry,
} from './problem-table.ts'
export type { ProblemDocument } from './problem.ts'
export { startServer, type RunningServer } from './start-server.ts'

import { constants } from 'node:os'

/** One Ctrl-C may arrive twice: from the terminal, and passed on by npm. */
const sameSignalMs = 500

/**
 * Resolves at the first SIGINT, SIGTERM or SIGHUP. A second one, later, ends the process at once: what is acknowledged is on
 * disk, so nothing is lost even then.
 */
export function waitForStop(): Promise<NodeJS.Signals> {
  return new Promise((resolve) => {
    let firstMs: number | undefined
    const onSignal = (signal: NodeJS.Signals): void => {
      const now = performance.now()
      if (firstMs !== undefined && now - firstMs > sameSignalMs) process.exit(128 + constants.signals[signal])
      firstMs ??= now
      resolve(signal)
    }
    for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, onSignal)
  })
}

import { StoreError } from '@counterfoil/ledger'
import type { ServerContext } from '../context.ts'
import type { Job } from '../job.ts'

/** A server that looks so much later than it should has been asleep itself. */
const asleepAfterMs = 30_000

/**
 * Puts on record what time alone brings: numbers that stay missing, producers that are not heard any more, the runs that
 * they leave. Nobody is accused of what the server itself could not hear or store: it counts from when it was last able to.
 */
export const declareGaps: Job = {
  name: 'declare-gaps',
  everyMs: ({ config }) => config.gapCheckMs,
  start(server) {
    const { ledger, config, logger } = server
    const startedMs = Date.now()
    const upSinceByLog = new Map<string, number>()
    let lastMs = startedMs
    return async () => {
      const nowMs = Date.now()
      const wasAsleep = nowMs < lastMs || nowMs - lastMs > config.gapCheckMs + asleepAfterMs
      lastMs = nowMs
      for (const { log: name, closed_at: closedAt } of await ledger.logs()) {
        if (closedAt !== undefined) continue
        if (wasAsleep || !canStore(server)) upSinceByLog.set(name, nowMs)
        const upSinceMs = upSinceByLog.get(name) ?? startedMs
        try {
          const log = await ledger.log(name)
          const declared = await log.declareGaps({ nowMs, upSinceMs, gapAfterMs: config.gapAfterMs })
          if (declared.detected + declared.healed + declared.stalled > 0)
            logger.info({ log: name, ...declared }, 'gaps')
        } catch (error) {
          upSinceByLog.set(name, nowMs)
          if (error instanceof StoreError && error.code === 'log_read_only') continue
          logger.error({ err: error, log: name }, 'gaps could not be recorded')
        }
      }
    }
  },
}

function canStore({ writeHealth }: ServerContext): boolean {
  try {
    writeHealth.check()
    return true
  } catch {
    return false
  }
}

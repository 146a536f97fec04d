import { backupData, recoverLog } from '@counterfoil/store'

/** Copies a data directory consistently, also beside a running server. The copy is as secret as the original. */
export function backupLedger(options: { data: string; to: string }): {
  to: string
  logs: readonly { log: string; size: number }[]
} {
  return backupData(options.data, options.to)
}

/** What {@link recoverLedger} did. */
export interface RecoverySummary {
  readonly log: string
  readonly origin: string
  readonly predecessor: {
    readonly log: string
    readonly origin: string
    readonly foundSize: number
    readonly rememberedSize: number
  }
}

/**
 * Closes a log that has lost entries and opens its successor, which names the last known head. Entries that were lost stay
 * lost, and everybody can see it; that is why the caller has to say so.
 */
export function recoverLedger(options: {
  data: string
  log?: string
  state?: string
  acceptLoss: true
  /** The keys of the log are gone for good, although nothing else is lost. */
  keyLost?: boolean
}): RecoverySummary {
  const { acceptLoss: _known, ...rest } = options
  return recoverLog(rest)
}

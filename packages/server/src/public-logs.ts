import { hash } from 'node:crypto'
import type { Ledger } from '@counterfoil/ledger'

/** The name under which a log's tiles are published: it says nothing to who does not know the origin. */
export function publicId(origin: string): string {
  return hash('sha256', origin, 'hex').slice(0, 32)
}

/** Finds a log by its public id. */
export interface PublicLogs {
  find(id: string): Promise<string | undefined>
  /** To be called when a log was made. */
  forget(): void
}

export function createPublicLogs(ledger: Pick<Ledger, 'logs'>): PublicLogs {
  // Logs are only added, and only through this process, so an unknown id never costs more than a look here.
  let names: Promise<ReadonlyMap<string, string>> | undefined
  const load = async (): Promise<ReadonlyMap<string, string>> =>
    new Map((await ledger.logs()).map(({ log, origin }) => [publicId(origin), log]))
  return {
    async find(id) {
      names ??= load().catch((error: unknown) => {
        names = undefined
        throw error
      })
      return (await names).get(id)
    },
    forget: () => {
      names = undefined
    },
  }
}

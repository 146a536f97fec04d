import type { Problem } from '@counterfoil/schema/query'

/** Stable codes of what a ledger refuses. Codes of single events are those of `@counterfoil/schema`; of storage, those of the store. */
export const ledgerErrorCodes = [
  'log_unknown',
  'run_unknown',
  'run_ambiguous',
  'event_unknown',
  'query_invalid',
  'cursor_invalid',
  'facet_invalid',
  'body_invalid',
  'batch_too_large',
  'type_not_permitted',
  'proof_unavailable',
  'tile_unavailable',
  'limit_invalid',
  'read_only',
  'scope_invalid',
] as const

export type LedgerErrorCode = (typeof ledgerErrorCodes)[number]

/** What a ledger refuses: a stable code, a sentence, and where there is one the JSON Pointer or parameter concerned. */
export class LedgerError extends Error {
  override readonly name = 'LedgerError'
  readonly code: LedgerErrorCode
  readonly pointer: string | undefined
  /** What is wrong with a query, each with its span. */
  readonly problems: readonly Problem[]

  constructor(
    code: LedgerErrorCode,
    message: string,
    options?: ErrorOptions & { pointer?: string; problems?: readonly Problem[] },
  ) {
    super(message, options)
    this.code = code
    this.pointer = options?.pointer
    this.problems = options?.problems ?? []
  }
}

/** Stable codes of what a store can refuse or fail at. */
export const storeErrorCodes = [
  'log_unknown',
  'log_exists',
  'log_name_invalid',
  'log_read_only',
  'not_found',
  'run_ended',
  'data_in_use',
  'data_unwritable',
  'data_invalid',
  'disk_full',
  'database_busy',
  'io_error',
  'journal_mode_refused',
  'synchronous_refused',
  'sqlite_too_old',
  'rollback_detected',
  'recovery_not_needed',
  'head_mismatch',
  'key_missing',
  'key_invalid',
  'vault_sealed',
  'migration_failed',
  'backup_exists',
  'store_closed',
  'query_invalid',
  'cursor_invalid',
] as const

export type StoreErrorCode = (typeof storeErrorCodes)[number]

/** What a store refuses or fails at: a stable code and a sentence that says what is safe and what to do. */
export class StoreError extends Error {
  override readonly name = 'StoreError'
  readonly code: StoreErrorCode

  constructor(code: StoreErrorCode, message: string, options?: ErrorOptions) {
    super(message, options)
    this.code = code
  }
}

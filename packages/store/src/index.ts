export { StoreError, storeErrorCodes, type StoreErrorCode } from './errors.ts'
export type { AppendContext, AppendRequest, Guard, PreparedEvent } from './prepared-event.ts'
export type {
  Acknowledgement,
  AppendResult,
  BoundedCount,
  EraseRequest,
  EventStore,
  Facet,
  Head,
  LogInfo,
  Page,
  PageRequest,
  ProjectionComparison,
  ProjectionDifference,
  Refusal,
  RunCount,
  StopRequest,
  StoredEvent,
  StoredPayload,
} from './event-store.ts'
export {
  grades,
  outcomes,
  questions,
  runStatuses,
  type ActionRow,
  type Answers,
  type Grade,
  type Outcome,
  type Question,
  type RunRow,
  type RunStatus,
} from './projection/rows.ts'
export { isStop, type StopOrder } from './projection/stop-order.ts'
export type { LogReader } from './drivers/sqlite/log-reader.ts'
export type { RunEvent } from './drivers/sqlite/payload-reader.ts'
export type { AuditedBody, EntryAudit } from './drivers/sqlite/entry-audit.ts'
export { covers } from './stored-payload.ts'
export { openSqliteStore, publicIdOf, SqliteStore, type SqliteStoreOptions } from './drivers/sqlite/sqlite-store.ts'
export { ControlFile, type ApiKeyRecord } from './drivers/sqlite/control-file.ts'
export { defaultStateFolder, placeOf, readRememberedHead, type RememberedHead } from './head-memory.ts'
export { hasEffect } from './projection/action-row.ts'
export { gradeOf, keyRole, type KeyRole, type LeafEvent } from './projection/leaf.ts'
export { backupData, type BackupReport } from './drivers/sqlite/backup.ts'
export { recoverLog, type RecoverOptions, type RecoverReport } from './drivers/sqlite/recover.ts'
export { createMemoryStore, MemoryStore } from './drivers/memory/memory-store.ts'

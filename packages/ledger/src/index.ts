export { LedgerError, ledgerErrorCodes, type LedgerErrorCode } from './errors.ts'
export {
  scopes,
  type IngestOptions,
  type KeyRing,
  type Ledger,
  type ListOptions,
  type Log,
  type OpenLedgerOptions,
  type Principal,
  type Scope,
  type TailEntry,
} from './ledger.ts'
export {
  ActionPageSchema,
  ActionReportSchema,
  AnswerSchema,
  RunPageSchema,
  RunReportSchema,
  RunSummarySchema,
  TimelineEntrySchema,
  type ActionPage,
  type ActionReport,
  type Answer,
  type PayloadReport,
  type RunPage,
  type RunReport,
  type RunSummary,
  type TimelineEntry,
} from './report/run.ts'
export {
  ApiKeySchema,
  ConsistencyProofSchema,
  EventReportSchema,
  InclusionProofSchema,
  IngestReportSchema,
  LogReportSchema,
  VerifyReportSchema,
  type ApiKeyReport,
  type ConsistencyProof,
  type EventReport,
  type InclusionProof,
  type IngestReport,
  type LogReport,
  type VerifyReport,
} from './report/log.ts'
export { StopOrderSchema, StopReportSchema, type StopReport } from './report/stop.ts'
export { StoreError, storeErrorCodes, type StoreErrorCode } from '@counterfoil/store'
export { openLedger } from './open-ledger.ts'
export { createRunFilter, type RunFilter } from './run-filter.ts'
export { openKeys, type OpenKeys } from './open-keys.ts'
export { backupLedger, recoverLedger, type RecoverySummary } from './maintenance.ts'

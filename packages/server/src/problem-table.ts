import type { LedgerErrorCode, StoreErrorCode } from '@counterfoil/ledger'
import type { EventErrorCode } from '@counterfoil/schema'
import type { JsonErrorCode } from '@counterfoil/schema/json'

/** Codes that only the HTTP layer uses. */
export const httpErrorCodes = [
  'unauthenticated',
  'scope_missing',
  'log_forbidden',
  'route_unknown',
  'method_not_allowed',
  'api_key_unknown',
  'request_malformed',
  'url_invalid',
  'parameter_unknown',
  'parameter_repeated',
  'parameter_invalid',
  'header_invalid',
  'media_type_unsupported',
  'encoding_unsupported',
  'encoding_invalid',
  'body_too_large',
  'batch_rejected',
  'request_timeout',
  'headers_too_large',
  'busy',
  'tail_beyond_end',
  'too_many_streams',
  'shutting_down',
  'internal_error',
] as const

export type HttpErrorCode = (typeof httpErrorCodes)[number]
export type ProblemCode = EventErrorCode | JsonErrorCode | LedgerErrorCode | StoreErrorCode | HttpErrorCode

export interface ProblemEntry {
  readonly status: number
  readonly title: string
  /** Whether and after how many seconds the same request may succeed. */
  readonly retryAfterSeconds?: number
}

const internal = { status: 500, title: 'The server failed; the log says why' } as const

/** The one place where a code gets its status. The table in docs/reference/http.md is made from it. */
export const problemTable: Readonly<Record<ProblemCode, ProblemEntry>> = {
  // one event
  json_invalid: { status: 400, title: 'Not a JSON text' },
  json_not_utf8: { status: 400, title: 'The body is not UTF-8' },
  json_duplicate_key: { status: 400, title: 'An object has the same key twice' },
  json_lone_surrogate: { status: 400, title: 'A string holds half a character' },
  json_too_deep: { status: 422, title: 'Nested too deeply' },
  json_number_range: { status: 422, title: 'A number of the envelope is no safe integer' },
  json_too_many_items: { status: 413, title: 'Too many events in one batch' },
  not_an_object: { status: 422, title: 'An event is a JSON object' },
  version_unsupported: { status: 422, title: 'This schema_version is not accepted' },
  type_unknown: { status: 422, title: 'No such event type' },
  type_reserved: { status: 403, title: 'Only the server writes this event type' },
  type_not_permitted: { status: 403, title: 'This key may not write this event type' },
  field_missing: { status: 422, title: 'A required field is missing' },
  field_unknown: { status: 422, title: 'No such field' },
  field_reserved: { status: 422, title: 'Only the server sets this field' },
  field_invalid: { status: 422, title: 'A field has a wrong value' },
  envelope_too_large: { status: 413, title: 'The envelope is too large' },
  string_too_long: { status: 422, title: 'A string of the envelope is too long' },
  payload_too_large: { status: 413, title: 'The payload is too large' },
  payload_too_deep: { status: 422, title: 'The payload is nested too deeply' },
  summary_too_long: { status: 422, title: 'The summary is too long' },
  batch_too_large: { status: 413, title: 'The batch is too large' },
  id_conflict: { status: 409, title: 'Another event has this event_id' },
  guard_failed: { status: 409, title: 'The log was no longer in the state that this event needs' },
  atomic_batch_refused: { status: 409, title: 'Another event of this all-or-none batch was refused' },
  // reading
  tail_beyond_end: { status: 409, title: 'The stream would begin beyond the end of the log' },
  log_unknown: { status: 404, title: 'No such log' },
  run_unknown: { status: 404, title: 'No such run' },
  run_ended: { status: 409, title: 'The run has come to its end' },
  run_ambiguous: { status: 409, title: 'Several runs begin like this' },
  event_unknown: { status: 404, title: 'No such event' },
  not_found: { status: 404, title: 'No such entry' },
  query_invalid: { status: 400, title: 'The query cannot be understood' },
  cursor_invalid: { status: 400, title: 'The cursor does not belong to this query' },
  facet_invalid: { status: 400, title: 'The values of this key cannot be counted' },
  limit_invalid: { status: 400, title: 'The limit is out of range' },
  body_invalid: { status: 400, title: 'The body cannot be read' },
  proof_unavailable: { status: 404, title: 'There is no such proof' },
  tile_unavailable: { status: 404, title: 'There is no such tile' },
  // the request
  unauthenticated: { status: 401, title: 'A valid API key is needed' },
  scope_missing: { status: 403, title: 'This key lacks the scope' },
  log_forbidden: { status: 403, title: 'This key belongs to another log' },
  route_unknown: { status: 404, title: 'No such route' },
  method_not_allowed: { status: 405, title: 'This route has no such method' },
  api_key_unknown: { status: 404, title: 'This log has no such key' },
  request_malformed: { status: 400, title: 'Not a valid HTTP request' },
  url_invalid: { status: 400, title: 'The URL is not validly encoded' },
  parameter_unknown: { status: 400, title: 'No such parameter' },
  parameter_repeated: { status: 400, title: 'A parameter stands twice' },
  parameter_invalid: { status: 400, title: 'A parameter has a wrong value' },
  header_invalid: { status: 400, title: 'A header has a wrong value' },
  media_type_unsupported: { status: 415, title: 'This media type is not read here' },
  encoding_unsupported: { status: 415, title: 'This content coding is not read here' },
  encoding_invalid: { status: 400, title: 'The compressed body is damaged' },
  body_too_large: { status: 413, title: 'The body is too large' },
  batch_rejected: { status: 422, title: 'Nothing of the batch was stored' },
  request_timeout: { status: 408, title: 'The request came too slowly' },
  headers_too_large: { status: 431, title: 'The headers are too large' },
  // logs
  log_exists: { status: 409, title: 'A log of this name or origin exists' },
  log_name_invalid: { status: 422, title: 'This cannot be the name of a log' },
  scope_invalid: { status: 422, title: 'A key cannot have these scopes' },
  backup_exists: { status: 409, title: 'The backup is already there' },
  // not now
  busy: { status: 503, title: 'Too much is being received at this moment', retryAfterSeconds: 1 },
  too_many_streams: { status: 503, title: 'Too many live streams are open', retryAfterSeconds: 10 },
  shutting_down: { status: 503, title: 'The server is stopping', retryAfterSeconds: 5 },
  disk_full: {
    status: 507,
    title: 'The disk is full; nothing is acknowledged until there is room',
    retryAfterSeconds: 30,
  },
  read_only: { status: 503, title: 'The log takes no events at present', retryAfterSeconds: 60 },
  log_read_only: { status: 503, title: 'The log takes no events at present', retryAfterSeconds: 60 },
  database_busy: { status: 503, title: 'The database is kept by another connection', retryAfterSeconds: 1 },
  data_in_use: { status: 503, title: 'Another process uses the data', retryAfterSeconds: 60 },
  data_unwritable: { status: 503, title: 'The data cannot be written', retryAfterSeconds: 60 },
  store_closed: { status: 503, title: 'The store is closed', retryAfterSeconds: 5 },
  vault_sealed: { status: 503, title: 'The payload vault is sealed', retryAfterSeconds: 60 },
  // faults of the server: never explained to a client
  data_invalid: internal,
  io_error: internal,
  journal_mode_refused: internal,
  synchronous_refused: internal,
  sqlite_too_old: internal,
  rollback_detected: internal,
  recovery_not_needed: { status: 409, title: 'The log has lost nothing' },
  head_mismatch: internal,
  key_missing: internal,
  key_invalid: internal,
  migration_failed: internal,
  internal_error: internal,
}

/** Whether a refusal from 500 on only says that too much was asked for at once, or too late. */
export function isLoad(code: ProblemCode): boolean {
  return code === 'busy' || code === 'too_many_streams' || code === 'shutting_down'
}

/** Whether a string is a code of the table. */
export function isProblemCode(code: string): code is ProblemCode {
  return Object.hasOwn(problemTable, code)
}

/** Stable codes of what can be wrong with an event. They never change their meaning. */
export const eventErrorCodes = [
  'json_invalid',
  'json_duplicate_key',
  'json_too_deep',
  'json_lone_surrogate',
  'json_number_range',
  'not_an_object',
  'version_unsupported',
  'type_unknown',
  'type_reserved',
  'type_not_permitted',
  'field_missing',
  'field_unknown',
  'field_reserved',
  'field_invalid',
  'envelope_too_large',
  'string_too_long',
  'payload_too_large',
  'payload_too_deep',
  'summary_too_long',
  'batch_too_large',
  'id_conflict',
  'guard_failed',
  'atomic_batch_refused',
] as const

export type EventErrorCode = (typeof eventErrorCodes)[number]

/**
 * Why one event was refused: a stable `code`, the RFC 6901 JSON Pointer of the offending field in the event as sent
 * (`''` is the event itself), and a sentence for people.
 */
export class EventError extends Error {
  override readonly name = 'EventError'
  readonly code: EventErrorCode
  readonly pointer: string

  constructor(code: EventErrorCode, pointer: string, message: string, options?: ErrorOptions) {
    super(message, options)
    this.code = code
    this.pointer = pointer
  }
}

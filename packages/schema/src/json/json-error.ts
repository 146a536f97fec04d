/** What can be wrong with a JSON text. The codes never change their meaning. */
export const jsonErrorCodes = [
  'json_invalid',
  'json_duplicate_key',
  'json_too_deep',
  'json_lone_surrogate',
  'json_number_range',
  'json_too_many_items',
  'json_not_utf8',
] as const

export type JsonErrorCode = (typeof jsonErrorCodes)[number]

/**
 * Why a JSON text was refused. `offset` counts UTF-16 code units from the start of the text (bytes for
 * `json_not_utf8`). `pointer` is the RFC 6901 pointer of the value where it happened, counted from the root of the
 * text, or from the element for arrays of events; it stops at the nearest ancestor when it would become very long.
 */
export class JsonError extends Error {
  override readonly name = 'JsonError'
  readonly code: JsonErrorCode
  readonly offset: number
  readonly pointer: string

  constructor(code: JsonErrorCode, message: string, offset: number, pointer: string) {
    super(message)
    this.code = code
    this.offset = offset
    this.pointer = pointer
  }
}

/** Stable codes of what can be wrong with an action map. */
export const actionMapErrorCodes = [
  'action_map_json_invalid',
  'action_map_field_missing',
  'action_map_field_unknown',
  'action_map_field_invalid',
  'action_map_pattern_invalid',
] as const

export type ActionMapErrorCode = (typeof actionMapErrorCodes)[number]

/** Why an action map was refused: a stable `code`, the JSON Pointer of the offending field, a sentence for people. */
export class ActionMapError extends Error {
  override readonly name = 'ActionMapError'
  readonly code: ActionMapErrorCode
  readonly pointer: string

  constructor(code: ActionMapErrorCode, pointer: string, message: string, options?: ErrorOptions) {
    super(message, options)
    this.code = code
    this.pointer = pointer
  }
}

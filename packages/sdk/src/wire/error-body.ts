import type { JsonInput } from '../outbox/json-input.ts'
import { cutText } from './cut-text.ts'
import { toCode } from './envelope-words.ts'

const messageCharactersMax = 2_000

/** What of an error stands in a payload: name, message and code. The redactor sees it like any other payload. */
export function errorBody(error: unknown): JsonInput {
  const message = messageOf(error)
  return {
    name: error instanceof Error ? error.name : typeof error,
    message:
      message.length <= messageCharactersMax
        ? message
        : `${cutText(message, messageCharactersMax)}[cut: ${message.length - messageCharactersMax} characters]`,
    code: codeOfError(error),
  }
}

export function messageOf(error: unknown): string {
  try {
    return (error instanceof Error ? error.message : String(error)).toWellFormed()
  } catch {
    return 'an error that cannot be shown'
  }
}

/** The code that an error carries, as far as it carries one. */
function codeOfError(error: unknown): string | undefined {
  if (typeof error !== 'object' || error === null || !('code' in error)) return undefined
  const { code } = error
  return typeof code === 'string' || typeof code === 'number' ? String(code).slice(0, 128) : undefined
}

/** Why something failed, as a reason code: the error's own code, else its name. */
export function reasonOfError(error: unknown): string {
  const code = codeOfError(error)
  if (code !== undefined && /^[A-Za-z]/.test(code)) return toCode(code)
  return toCode(error instanceof Error ? error.name : 'error')
}

import { gunzipSync } from 'node:zlib'
import { importLimits } from './import-limits.ts'
import type { RejectionCode } from './importer.ts'

/** Why bytes or a text could not be read. */
export class ReadError extends Error {
  override readonly name = 'ReadError'
  readonly code: RejectionCode

  constructor(code: RejectionCode, message: string, options?: ErrorOptions) {
    super(message, options)
    this.code = code
  }
}

/** The file's own bytes, unpacked when they begin like gzip (RFC 1952), whatever the file is called. */
export function unpack(bytes: Uint8Array): Uint8Array {
  if (bytes[0] !== 0x1f || bytes[1] !== 0x8b) return bytes
  try {
    return gunzipSync(bytes, { maxOutputLength: importLimits.fileBytesMax })
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code === 'ERR_BUFFER_TOO_LARGE') {
      throw new ReadError('too_large', `Unpacked, the file has more than ${importLimits.fileBytesMax} bytes.`, {
        cause,
      })
    }
    throw new ReadError('gzip_invalid', `The file begins like gzip but is broken: ${(cause as Error).message}.`, {
      cause,
    })
  }
}

export function decodeText(bytes: Uint8Array): string {
  if (bytes.length > importLimits.fileBytesMax) {
    throw new ReadError('too_large', `More than ${importLimits.fileBytesMax} bytes in one piece.`)
  }
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes)
  } catch (cause) {
    throw new ReadError('not_utf8', 'The text is not UTF-8.', { cause })
  }
}

/**
 * Parses JSON. Numbers that a double cannot hold (ids of 17 digits, 1e999) become strings of their source text, so
 * that no digit is lost.
 */
export function parseTranscript(text: string): unknown {
  checkDepth(text)
  try {
    return /[0-9]{16}|[eE][+-]?[0-9]{3}/.test(text) ? JSON.parse(text, keepDigits) : JSON.parse(text)
  } catch (cause) {
    throw new ReadError('json_invalid', `Not JSON: ${describe(cause as Error)}.`, { cause })
  }
}

function keepDigits(_key: string, value: unknown, context?: { source?: string }): unknown {
  if (typeof value !== 'number') return value
  const lossy = Number.isInteger(value) ? !Number.isSafeInteger(value) : !Number.isFinite(value)
  return lossy ? (context?.source ?? String(value)) : value
}

/** The engine quotes the text in its message; a transcript's content does not belong into a report of errors. */
function describe(error: Error): string {
  const at = /at position \d+(?: \(line \d+ column \d+\))?/.exec(error.message)
  if (at !== null) return `unexpected character ${at[0]}`
  return /end of JSON input|[Uu]nterminated/.test(error.message) ? 'it ends too early' : 'unexpected character'
}

/** Deep nesting would exhaust the stack of whoever walks the value later. */
function checkDepth(text: string): void {
  let depth = 0
  let inString = false
  for (let index = 0; index < text.length; index++) {
    const unit = text.charCodeAt(index)
    if (inString) {
      if (unit === 0x5c) index++
      else if (unit === 0x22) inString = false
    } else if (unit === 0x22) inString = true
    else if (unit === 0x7b || unit === 0x5b) {
      if (++depth > importLimits.jsonDepthMax) {
        throw new ReadError('json_too_deep', `Nested deeper than ${importLimits.jsonDepthMax}.`)
      }
    } else if (unit === 0x7d || unit === 0x5d) depth--
  }
}

/** The lines of a file that are not blank, with their 1-based numbers. */
export function* splitLines(bytes: Uint8Array): Generator<{ line: number; bytes: Uint8Array }> {
  let start = 0
  for (let line = 1; start < bytes.length; line++) {
    const found = bytes.indexOf(0x0a, start)
    const end = found === -1 ? bytes.length : found
    const part = bytes.subarray(start, end)
    if (part.some((byte) => byte !== 0x20 && byte !== 0x09 && byte !== 0x0d)) yield { line, bytes: part }
    start = end + 1
  }
}

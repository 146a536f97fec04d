import { JsonError } from './json-error.ts'

let decoder: InstanceType<typeof TextDecoder> | undefined

/** Decodes UTF-8 strictly: invalid bytes and a byte order mark are `JsonError` `json_not_utf8`. */
export function decodeUtf8(bytes: Uint8Array): string {
  if (bytes[0] === 0xef && bytes[1] === 0xbb && bytes[2] === 0xbf)
    throw new JsonError('json_not_utf8', 'A byte order mark is not part of JSON', 0, '')
  try {
    return (decoder ??= new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })).decode(bytes)
  } catch {
    throw new JsonError('json_not_utf8', 'The bytes are not UTF-8', 0, '')
  }
}

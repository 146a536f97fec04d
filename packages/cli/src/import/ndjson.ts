import type { Importer, Rejection } from './importer.ts'
import { isRecord } from './openai-turns.ts'
import { decodeText, parseTranscript, ReadError, splitLines, unpack } from './read-json.ts'

/** Our own events, one a line, as an SDK or an earlier export wrote them: passed through as they stand. */
export const ndjson: Importer = {
  name: 'ndjson',
  description: 'Counterfoil events, one JSON object a line (gzip too)',
  derives: false,
  *read({ file, bytes }) {
    const rejected = (line: number | undefined, code: Rejection['code'], message: string): Rejection => ({
      kind: 'rejected',
      file,
      ...(line === undefined ? {} : { line }),
      code,
      message,
    })
    let unpacked: Uint8Array
    try {
      unpacked = unpack(bytes)
    } catch (error) {
      if (!(error instanceof ReadError)) throw error
      yield rejected(undefined, error.code, error.message)
      return
    }
    for (const { line, bytes: raw } of splitLines(unpacked)) {
      try {
        const text = decodeText(raw).trim()
        const event = parseTranscript(text)
        // The log's own parser is stricter (duplicate names, number ranges); it sees the text, not our copy.
        if (isRecord(event)) yield { kind: 'event', text, event, file, line }
        else yield rejected(line, 'not_an_event', 'The line is no JSON object.')
      } catch (error) {
        if (!(error instanceof ReadError)) throw error
        yield rejected(line, error.code, error.message)
      }
    }
  },
}

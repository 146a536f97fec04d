import { JsonNumber, parseJson, type JsonValue } from '@counterfoil/schema/json'
import type { LeafEvent, RunEvent } from '@counterfoil/store'
import type { PayloadReport } from './run.ts'

/** Bodies above this are left out of a timeline; the event itself has them whole. */
export const inlinePayloadBytesMax = 16 * 1024

/** What became of an event's body, with its content when it is there and not larger than `bytesMax`. */
export function payloadReport(
  event: Pick<RunEvent, 'payload'>,
  leaf: LeafEvent,
  bytesMax: number,
  content: (text: string) => unknown = payloadContent,
): PayloadReport | undefined {
  if (leaf.payload === undefined) return leaf.payload_ref === undefined ? undefined : { state: 'reference' }
  const { commitment, media_type: mediaType, size } = leaf.payload
  const base = { media_type: mediaType, size, commitment }
  const { payload } = event
  if (payload === undefined) return { state: 'omitted', ...base }
  if (payload.state !== 'present') return { state: payload.state, ...base }
  if (size > bytesMax) return { state: 'omitted', ...base }
  return { state: 'present', ...base, content: content(payload.text) }
}

/** The body as plain data; a number that JavaScript would change is given as the string that was sent. */
export function payloadContent(text: string): unknown {
  return plain(parseJson(text))
}

/** Outside of strings a number follows one of these; inside of one, the text is read the longer way for nothing. */
const numberToQuote = /(?:^|[\s,:[])(?:-0|-?\d+(?:\.\d|[eE][-+\d])|-?\d{16})/

/** The JSON text of {@link payloadContent}. Most bodies are their own: only numbers make the difference. */
export function payloadContentJson(text: string): string {
  return numberToQuote.test(text) ? JSON.stringify(payloadContent(text)) : text
}

function plain(value: JsonValue): unknown {
  if (value instanceof JsonNumber) return value.source
  if (Array.isArray(value)) return value.map(plain)
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(Object.entries(value).map(([name, member]) => [name, plain(member as JsonValue)]))
}

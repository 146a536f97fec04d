import { limits } from '@counterfoil/schema/ids'
import { isJsonObject, parseJson, RawJson, type JsonValue } from '@counterfoil/schema/json'
import { leafRedactions, type Redaction, type Redactor } from '@counterfoil/schema/redact'

/**
 * The event as it may leave this process: without its secrets, and with a record of what was removed. The payload stays
 * text, exactly as recorded but for the removed parts.
 *
 * @param draft the recorded event as JSON text
 */
export function sealEvent(draft: string, redactor: Redactor): string {
  const event = parseJson(draft, {
    raw: 'payload',
    rawDepthMax: limits.payloadDepthMax,
    isInteresting: redactor.isSecretKey,
  })
  if (!isJsonObject(event)) throw new TypeError('A draft is an object.')
  const { payload, summary, redactions: earlier, ...envelope } = event
  const removed: Redaction[] = []
  const shown = redactor.redactEnvelope(envelope, removed)
  const body = payload instanceof RawJson ? redactor.redactPayload(payload, removed) : undefined
  const shortText = typeof summary === 'string' ? redactor.redactString(summary, '/summary', removed) : undefined
  const all = leafRedactions([...readRedactions(earlier), ...removed])
  let text = JSON.stringify(shown).slice(0, -1)
  if (all.length > 0) text += `,"redactions":${JSON.stringify(all)}`
  if (body !== undefined) text += `,"payload":${body}`
  if (shortText !== undefined) text += `,"summary":${JSON.stringify(shortText)}`
  return `${text}}`
}

/** Our own callers say what they have left out before. */
function readRedactions(value: JsonValue | undefined): readonly Redaction[] {
  return Array.isArray(value) ? (value as unknown as readonly Redaction[]) : []
}

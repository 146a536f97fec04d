import { limits } from '@counterfoil/schema/ids'
import { isJsonObject, parseJson, RawJson, type JsonValue } from '@counterfoil/schema/json'
import type { Redaction, Redactor } from '@counterfoil/schema/redact'

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
  const removed: Redaction[] = readRedactions(earlier)
  const shown = redactor.redactEnvelope(envelope, removed)
  const body = payload instanceof RawJson ? redactor.redactPayload(payload, removed) : undefined
  const shortText = typeof summary === 'string' ? redactor.redactString(summary, '/summary', removed) : undefined
  let text = JSON.stringify(shown).slice(0, -1)
  if (removed.length > 0) text += `,"redactions":${JSON.stringify(bounded(removed))}`
  if (body !== undefined) text += `,"payload":${body}`
  if (shortText !== undefined) text += `,"summary":${JSON.stringify(shortText)}`
  return `${text}}`
}

function readRedactions(value: JsonValue | undefined): Redaction[] {
  return Array.isArray(value) ? (value as unknown as Redaction[]) : []
}

function bounded(removed: readonly Redaction[]): readonly Redaction[] {
  const max = limits.redactionsMax
  if (removed.length <= max) return removed
  return [...removed.slice(0, max - 1), { path: '', rule: `and-${removed.length - max + 1}-more` }]
}

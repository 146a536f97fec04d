import { EventError, limits, orderEnvelope } from '@counterfoil/schema'
import {
  canonicalJson,
  isJsonObject,
  JsonError,
  parseJson,
  RawJson,
  stringifyJson,
  type JsonObject,
  type JsonValue,
} from '@counterfoil/schema/json'
import { mergeRedactions, type Redaction, type Redactor } from '@counterfoil/schema/redact'
import { validateEvent, type ProducerEvent } from '@counterfoil/schema/validate'
import type { PreparedEvent } from '@counterfoil/store'
import { hash } from 'node:crypto'

/** How to parse events so that {@link prepareEvent} can take them: the payload stays text. */
export function parseOptions(redactor: Redactor): {
  depthMax: number
  raw: 'payload'
  rawDepthMax: number
  isInteresting: (key: string) => boolean
} {
  return {
    depthMax: limits.envelopeDepthMax,
    raw: 'payload',
    rawDepthMax: limits.payloadDepthMax,
    isInteresting: redactor.isSecretKey,
  }
}

/**
 * Validates and redacts one parsed event. What it returns may be stored; what was removed exists nowhere any more.
 *
 * @throws EventError or JsonError with the pointer of the offending field
 */
export function prepareEvent(value: JsonValue, redactor: Redactor): { event: ProducerEvent; prepared: PreparedEvent } {
  if (!isJsonObject(value)) throw new EventError('not_an_object', '', 'An event is a JSON object.')
  const { payload, summary } = value
  const ordered = orderedEnvelope(value)
  const redactions: Redaction[] = []
  const body = payload === undefined ? undefined : checkedPayload(payload)
  const checkedSummary = summary === undefined ? undefined : summaryText(summary)
  const sent = JSON.stringify(ordered)
  const sentDigest = digestOf(sent, body, checkedSummary)
  const { own, shown } = apart(redactor.redactEnvelope(ordered, redactions))
  const stored = body === undefined ? undefined : redactor.redactPayload(body, redactions)
  const storedSummary =
    checkedSummary === undefined ? undefined : redactor.redactString(checkedSummary, '/summary', redactions)
  const actionText = stored === undefined ? undefined : actionTextOf(shown, stored)
  return {
    event: shown,
    prepared: {
      envelope: shown === ordered ? sent : JSON.stringify(shown),
      ...(stored !== undefined && { payload: stored }),
      ...(storedSummary !== undefined && { summary: JSON.stringify(storedSummary) }),
      redactions: own === undefined && redactions.length === 0 ? redactions : mergeRedactions(own ?? [], redactions),
      ...(actionText !== undefined && { actionText }),
      sentDigest,
    },
  }
}

/** Ordered before it is checked: objects of one shape are checked faster, and what has unknown members is not ordered. */
function orderedEnvelope(value: JsonObject): ProducerEvent {
  const ordered: unknown = orderEnvelope(value, ['payload', 'summary'])
  if (ordered === undefined) {
    const { payload: _payload, summary: _summary, ...rest } = value
    validateEvent(rest)
    throw new EventError('field_unknown', '', 'The event has a member that its type does not know.')
  }
  validateEvent(ordered)
  return ordered
}

function checkedPayload(payload: JsonValue): RawJson {
  if (!(payload instanceof RawJson)) throw new EventError('field_invalid', '/payload', 'The payload is not JSON.')
  if (
    payload.text.length > limits.payloadBytesMax ||
    Buffer.byteLength(payload.text, 'utf8') > limits.payloadBytesMax
  ) {
    throw new EventError(
      'payload_too_large',
      '/payload',
      `A payload has at most ${limits.payloadBytesMax} bytes. Nothing was stored; send a payload_ref, or cut it and mark the cut.`,
    )
  }
  return payload
}

function summaryText(summary: JsonValue): string {
  if (typeof summary !== 'string') throw new EventError('field_invalid', '/summary', 'A summary is a string.')
  if (summary.length > limits.summaryCodePointsMax && Array.from(summary).length > limits.summaryCodePointsMax) {
    throw new EventError(
      'summary_too_long',
      '/summary',
      `A summary has at most ${limits.summaryCodePointsMax} code points.`,
    )
  }
  return summary
}

/** What "the same again" is judged by: the parsed event as sent, whatever its white space and order of members. */
function digestOf(envelope: string, payload: RawJson | undefined, summary: string | undefined): string {
  let text = envelope
  if (payload !== undefined) text += `\0p${normalText(payload)}`
  if (summary !== undefined) text += `\0s${summary}`
  return hash('sha256', text)
}

function normalText(payload: RawJson): string {
  return payload.hasEscape || hasSpaceBetweenTokens(payload.text)
    ? stringifyJson(parseJson(payload.text))
    : payload.text
}

/** Whether white space stands outside the strings of a valid JSON text. */
function hasSpaceBetweenTokens(text: string): boolean {
  let at = 0
  while (at < text.length) {
    const quote = text.indexOf('"', at)
    const end = quote === -1 ? text.length : quote
    for (; at < end; at += 1) if (text.charCodeAt(at) <= 0x20) return true
    if (quote === -1) return false
    at = quote + 1
    for (;;) {
      const close = text.indexOf('"', at)
      let slashes = 0
      while (text.charCodeAt(close - 1 - slashes) === 0x5c) slashes += 1
      at = close + 1
      if (slashes % 2 === 0) break
    }
  }
  return false
}

/** RFC 8785 text of what an approver of this action would approve. */
function actionTextOf(event: ProducerEvent, payload: string): string | undefined {
  if (event.event_type !== 'decision_proposed' || !payload.includes('"parameters"')) return undefined
  const body = parseJson(payload)
  const parameters = isJsonObject(body) ? body['parameters'] : undefined
  if (parameters === undefined) return undefined
  const { action, target } = event as unknown as { action: { type: string }; target?: JsonObject }
  try {
    return canonicalJson({ type: action.type, ...(target && { target }), parameters })
  } catch (error) {
    if (!(error instanceof JsonError)) throw error
    throw new EventError(
      'json_number_range',
      '/payload/parameters',
      'A number of the parameters has no IEEE 754 value, so no digest of the action can be made; send it as a string.',
      { cause: error },
    )
  }
}

/** Takes out what the producer says that it removed: the leaf has one list, theirs and ours. */
function apart(event: ProducerEvent): { own?: readonly Redaction[]; shown: ProducerEvent } {
  if (event['redactions'] === undefined) return { shown: event }
  const { redactions, ...shown } = event
  // Validated before it was redacted, and redaction keeps the shape.
  return { own: redactions as readonly Redaction[], shown }
}

import type { Redactor } from '@counterfoil/schema/redact'
import { sealEvent } from './seal.ts'

export interface SealedAnyway {
  readonly line: string
  /** What was given up, as a sentence; absent when nothing was. */
  readonly loss?: string
  /** The event itself could not be kept; another one stands in its place. */
  readonly isReplaced?: true
}

/**
 * Seals an event that could not be sealed as it is: what cannot be redacted must not leave, and that it was there must be
 * known. Half characters are mended, else the payload is left out, else an `event_refused` takes the event's place and
 * number, so that nobody sees a gap.
 */
export function sealAnyway(draft: string, redactor: Redactor, error: unknown): SealedAnyway {
  const event = mend(JSON.parse(draft)) as Record<string, unknown>
  try {
    return { line: sealEvent(JSON.stringify(event), redactor) }
  } catch {
    // It was not for a half character.
  }
  const { payload: _payload, summary: _summary, ...envelope } = event
  const why = error instanceof Error ? error.message : String(error)
  const name = `${String(event['event_type'])} ${String(event['event_id'])}`
  try {
    const redactions = [{ path: '/payload', rule: 'unreadable' }]
    return {
      line: sealEvent(JSON.stringify({ ...envelope, redactions }), redactor),
      loss: `The payload of ${name} was left out: ${why}.`,
    }
  } catch {
    return { line: inItsPlace(envelope), loss: `${name} cannot be sent: ${why}.`, isReplaced: true }
  }
}

/** Only what the outbox itself has put into the event goes on, for nothing else could be searched for secrets. */
function inItsPlace(event: Record<string, unknown>): string {
  const { schema_version: version, event_id: id, event_type: type, producer } = event
  const { instance, seq } = producer as { instance: string; seq: number }
  return JSON.stringify({
    schema_version: version,
    event_id: id,
    event_type: 'event_refused',
    occurred_at: new Date().toISOString(),
    reason_code: 'unreadable',
    attributes: { refused_event_id: id, refused_type: type, refused_instance: instance, refused_seq: seq },
    producer,
  })
}

function mend(value: unknown): unknown {
  if (typeof value === 'string') return value.toWellFormed()
  if (Array.isArray(value)) return value.map(mend)
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(Object.entries(value).map(([name, member]) => [name.toWellFormed(), mend(member)]))
}

import { createEventId, orderEnvelope } from '@counterfoil/schema'
import { hash } from 'node:crypto'
import type { AppendContext, PreparedEvent } from './prepared-event.ts'
import type { LeafEvent } from './projection/leaf.ts'

/** How the server's own statements are graded. */
export const serverContext: AppendContext = { keyId: 'server', assurance: 'authenticated', role: 'server' }

/** An event that the server itself writes: `payload_erased`, `event_refused`, … */
export function serverEvent(type: string, nowMs: number, fields: Readonly<Record<string, unknown>>): PreparedEvent {
  const envelope = JSON.stringify(
    orderEnvelope({
      schema_version: '1.0',
      event_id: createEventId(nowMs),
      event_type: type,
      occurred_at: new Date(nowMs).toISOString(),
      ...fields,
    }),
  )
  return { envelope, redactions: [], sentDigest: hash('sha256', envelope) }
}

/** The record of an event that a guard refused. */
export function refusalRecord(
  refused: Pick<LeafEvent, 'event_id' | 'event_type' | 'run_id'>,
  nowMs: number,
): PreparedEvent {
  return serverEvent('event_refused', nowMs, {
    ...(refused.run_id !== undefined && { run_id: refused.run_id }),
    reason_code: 'guard_failed',
    attributes: { refused_event_id: refused.event_id, refused_type: refused.event_type },
  })
}

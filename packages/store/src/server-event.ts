import { createEventId, orderEnvelope } from '@counterfoil/schema'
import { hash } from 'node:crypto'
import type { AppendContext, PreparedEvent } from './prepared-event.ts'

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

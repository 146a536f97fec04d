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

/** The record of an event of this key that a guard refused: with its number, which is then no gap. */
export function refusalRecord(
  refused: Pick<LeafEvent, 'event_id' | 'event_type' | 'run_id' | 'producer'>,
  keyId: string,
  nowMs: number,
): PreparedEvent {
  const { event_id: id, event_type: type, run_id: runId, producer } = refused
  return serverEvent('event_refused', nowMs, {
    ...(runId !== undefined && { run_id: runId }),
    reason_code: 'guard_failed',
    attributes: {
      refused_event_id: id,
      refused_type: type,
      refused_key: keyId,
      ...(producer && { refused_instance: producer.instance, refused_seq: producer.seq }),
    },
  })
}

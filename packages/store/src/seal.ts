import { limits, timestampMs } from '@counterfoil/schema'
import type { AppendContext, PreparedEvent } from './prepared-event.ts'

/** What the server adds to an envelope. */
export interface ServerPart {
  readonly origin: string
  readonly index: number
  readonly recordedAt: string
  readonly keyId: string
  readonly assurance: string
  readonly timeQuality: string
  readonly payload?: { readonly commitment: string; readonly size: number }
  readonly summary?: { readonly commitment: string; readonly size: number }
  readonly actionDigest?: string
}

/**
 * The leaf: the producer's envelope with the server's members behind it, in schema order, as it will be hashed. Made
 * once; nothing ever serialises it again.
 */
export function leafText(event: PreparedEvent, server: ServerPart): string {
  let text = event.envelope.slice(0, -1)
  if (event.redactions.length > 0) text += `,"redactions":${JSON.stringify(event.redactions)}`
  if (server.actionDigest !== undefined) text += `,"action_digest":"${server.actionDigest}"`
  if (server.payload !== undefined) {
    text += `,"payload":{"commitment":"${server.payload.commitment}","media_type":"application/json","size":${server.payload.size}}`
  }
  if (server.summary !== undefined) {
    text += `,"summary":{"commitment":"${server.summary.commitment}","size":${server.summary.size}}`
  }
  return `${text},"log":${JSON.stringify(server.origin)},"index":${server.index},"recorded_at":"${server.recordedAt}","key_id":${JSON.stringify(server.keyId)},"assurance":"${server.assurance}","time_quality":"${server.timeQuality}"}`
}

/** What to think of a producer's clock. A batch that says when it was sent tells delay from skew. */
export function timeQuality(occurredAt: string | undefined, context: AppendContext, nowMs: number): string {
  const occurredMs = timestampMs(occurredAt)
  if (occurredMs === undefined) return 'unknown'
  if (nowMs - occurredMs > limits.backfillAfterMs) return 'backfilled'
  const offMs = context.sentAtMs === undefined ? Math.max(0, occurredMs - nowMs) : Math.abs(nowMs - context.sentAtMs)
  const aheadMs = occurredMs - (context.sentAtMs ?? nowMs)
  return offMs > limits.clockSkewMsMax || aheadMs > limits.clockSkewMsMax ? 'skewed' : 'ok'
}

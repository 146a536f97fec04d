import { limits } from '@counterfoil/schema'
import type { Refusal } from './event-store.ts'
import type { AppendContext, PreparedEvent } from './prepared-event.ts'
import { leafTail } from './seal.ts'

export function conflict(eventId: string): Refusal {
  return {
    status: 'refused',
    eventId,
    code: 'id_conflict',
    pointer: '/event_id',
    message: `Another event with the id ${eventId} is in the log. Nothing was changed; give this one an id of its own.`,
  }
}

export function refusedByGuard(eventId: string, failed: string): Refusal {
  return {
    status: 'refused',
    eventId,
    code: 'guard_failed',
    pointer: '',
    message: `Refused: ${failed}. The refusal is on record.`,
  }
}

/** For the good ones of an all-or-none batch. */
export function refusedWithOthers(eventId: string): Refusal {
  return {
    status: 'refused',
    eventId,
    code: 'atomic_batch_refused',
    pointer: '',
    message: 'Another event of this all-or-none batch was refused, so nothing of it was stored.',
  }
}

export function envelopeTooLarge(eventId: string, bytes: number): Refusal {
  return {
    status: 'refused',
    eventId,
    code: 'envelope_too_large',
    pointer: '',
    message: `The envelope has ${bytes} bytes; ${limits.envelopeBytesMax} is the limit. Put texts into the payload.`,
  }
}

/** What {@link tooLarge} needs to know of an event; texts as strings or in UTF-8. */
interface Sized extends Pick<PreparedEvent, 'redactions' | 'assurance'> {
  readonly envelope: string | Uint8Array
  readonly payload?: string | Uint8Array | undefined
  readonly summary?: string | Uint8Array | undefined
  readonly actionText?: string | Uint8Array | undefined
}

/** An upper bound of the leaf before its index and commitments are known. */
export function tooLarge(event: Sized, eventId: string, context: AppendContext): Refusal | undefined {
  const commitment = `hmac-sha256:${'0'.repeat(64)}`
  const size = limits.payloadBytesMax
  const tail = leafTail(event.redactions, {
    origin: '',
    index: Number.MAX_SAFE_INTEGER,
    recordedAt: new Date(0).toISOString(),
    keyId: context.keyId,
    assurance: event.assurance ?? context.assurance,
    timeQuality: 'backfilled',
    ...(event.payload !== undefined && { payload: { commitment, size } }),
    ...(event.summary !== undefined && { summary: { commitment, size } }),
    ...(event.actionText !== undefined && { actionDigest: commitment }),
  })
  const bytes = Buffer.byteLength(event.envelope, 'utf8') + Buffer.byteLength(tail, 'utf8') + 256
  return bytes > limits.envelopeBytesMax ? envelopeTooLarge(eventId, bytes) : undefined
}

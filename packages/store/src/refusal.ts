import { limits } from '@counterfoil/schema'
import type { Refusal } from './event-store.ts'
import type { AppendContext, PreparedEvent } from './prepared-event.ts'
import type { LeafEvent } from './projection/leaf.ts'
import { leafTail, timeQuality } from './seal.ts'

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

/** Where and when an event of an all-or-none batch would be stored. */
interface Place {
  readonly origin: string
  readonly index: number
  readonly clockMs: number
}

/** What {@link tooLarge} needs to know of an event; texts as strings or in UTF-8. */
interface Sized extends Pick<PreparedEvent, 'redactions' | 'assurance'> {
  readonly envelope: string | Uint8Array
  readonly payload?: string | Uint8Array | undefined
  readonly summary?: string | Uint8Array | undefined
  readonly actionText?: string | Uint8Array | undefined
}

/** The size of the leaf before its commitments are known, which are all of one length: the same limit as for what is stored. */
export function tooLarge(
  event: Sized,
  draft: Pick<LeafEvent, 'event_id' | 'occurred_at'>,
  { origin, index, clockMs }: Place,
  context: AppendContext,
): Refusal | undefined {
  const commitment = `hmac-sha256:${'0'.repeat(64)}`
  const body = (text: string | Uint8Array): { commitment: string; size: number } => ({
    commitment,
    size: Buffer.byteLength(text),
  })
  const tail = leafTail(event.redactions, {
    origin,
    index,
    recordedAt: new Date(clockMs).toISOString(),
    keyId: context.keyId,
    assurance: event.assurance ?? context.assurance,
    timeQuality: timeQuality(draft.occurred_at, context, clockMs),
    ...(event.payload !== undefined && { payload: body(event.payload) }),
    ...(event.summary !== undefined && { summary: body(event.summary) }),
    ...(event.actionText !== undefined && { actionDigest: commitment }),
  })
  // The tail stands in place of the last bracket of the envelope.
  const bytes = Buffer.byteLength(event.envelope) - 1 + Buffer.byteLength(tail)
  return bytes > limits.envelopeBytesMax ? envelopeTooLarge(draft.event_id, bytes) : undefined
}

import { TransportError, type BatchAck, type BatchRejection, type BatchReport, type LogIdentity } from './transport.ts'

/** What a log answered, checked: a garbled answer is no acknowledgement. */
export function readBatchReport(value: unknown, events: number): BatchReport {
  const { acks, rejected, checkpoint, size } = object(value)
  const report: BatchReport = {
    acks: list(acks).map(readAck),
    rejected: list(rejected).map(readRejection),
    size: count(size),
    ...(checkpoint !== undefined && { checkpoint: text(checkpoint) }),
  }
  const positions = new Set([...report.acks, ...report.rejected].map(({ position }) => position))
  const isWhole =
    positions.size === events &&
    report.acks.length + report.rejected.length === events &&
    [...positions].every((position) => position < events)
  if (!isWhole) throw invalid('it does not answer for each event once')
  if (report.acks.length > 0 && report.checkpoint === undefined) throw invalid('it acknowledges without a checkpoint')
  return report
}

export function readIdentity(value: unknown): LogIdentity {
  const { origin, vkey, size, checkpoint } = object(value)
  return {
    origin: text(origin),
    vkey: text(vkey),
    size: count(size),
    ...(checkpoint !== undefined && { checkpoint: text(checkpoint) }),
  }
}

export function readPath(value: unknown): readonly string[] {
  return list(object(value)['path']).map((item) => {
    const hash = text(item)
    if (!/^[0-9a-f]{64}$/.test(hash)) throw invalid('a hash of the proof is none')
    return hash
  })
}

function readAck(value: unknown): BatchAck {
  const { position, event_id: eventId, index, leaf_hash: leafHash, action_digest: digest, stop } = object(value)
  return {
    position: count(position),
    event_id: text(eventId),
    index: count(index),
    leaf_hash: text(leafHash),
    ...(digest !== undefined && { action_digest: text(digest) }),
    ...(stop !== undefined && { stop: readStop(stop) }),
  }
}

function readStop(value: unknown): NonNullable<BatchAck['stop']> {
  const { event_id: eventId, actor_id: actorId, reason_code: reason } = object(value)
  return {
    event_id: text(eventId),
    actor_id: text(actorId),
    ...(reason !== undefined && { reason_code: text(reason) }),
  }
}

function readRejection(value: unknown): BatchRejection {
  const { position, code, message, pointer } = object(value)
  return {
    position: count(position),
    code: text(code),
    message: text(message),
    ...(pointer !== undefined && { pointer: text(pointer) }),
  }
}

function object(value: unknown): Record<string, unknown> {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) throw invalid('an object is missing')
  return value as Record<string, unknown>
}

function list(value: unknown): readonly unknown[] {
  if (!Array.isArray(value)) throw invalid('a list is missing')
  return value
}

function text(value: unknown): string {
  if (typeof value !== 'string') throw invalid('a text is missing')
  return value
}

function count(value: unknown): number {
  if (typeof value !== 'number' || !Number.isSafeInteger(value) || value < 0) throw invalid('a number is missing')
  return value
}

function invalid(why: string): TransportError {
  return new TransportError('retry', 'answer_invalid', `The answer is none of a log: ${why}.`)
}

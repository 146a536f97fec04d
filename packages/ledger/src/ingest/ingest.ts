import { EventError, limits } from '@counterfoil/schema'
import {
  decodeUtf8,
  isJsonObject,
  JsonError,
  parseEventArray,
  parseJson,
  parseNdjson,
  type BatchItem,
} from '@counterfoil/schema/json'
import type { Redactor } from '@counterfoil/schema/redact'
import {
  keyRole,
  type Acknowledgement,
  type AppendContext,
  type EventStore,
  type Head,
  type PreparedEvent,
  type Refusal,
} from '@counterfoil/store'
import { LedgerError } from '../errors.ts'
import type { IngestOptions } from '../ledger.ts'
import type { IngestReport, InclusionProof } from '../report/log.ts'
import { stopOrder } from '../report/stop.ts'
import { assuranceOf, checkPermission, refuseReservedType } from './permission.ts'
import { parseOptions, prepareEvent } from './prepare.ts'

type Rejection = IngestReport['rejected'][number]

interface Ready {
  readonly position: number
  readonly prepared: PreparedEvent
}

/** Everything from bytes to acknowledgement. One bad event never rejects its neighbours, unless the batch is atomic. */
export async function ingest(
  store: EventStore,
  log: string,
  redactor: Redactor,
  body: Uint8Array | string,
  options: IngestOptions,
  prove: (index: number, size: number) => Promise<InclusionProof>,
): Promise<IngestReport> {
  const items = parseBody(body, options.format, redactor)
  const rejected: Rejection[] = []
  const ready: Ready[] = []
  items.forEach((item, position) => {
    try {
      if ('error' in item) throw item.error
      refuseReservedType(item.value)
      const { event, prepared } = prepareEvent(item.value, redactor)
      checkPermission(event, options.principal)
      ready.push({ position, prepared: { ...prepared, assurance: assuranceOf(event, options.inferred ?? false) } })
    } catch (error) {
      rejected.push(rejectionOf(error, position, item))
    }
  })
  if (options.atomic === true && rejected.length > 0) {
    for (const { position, prepared } of ready) rejected.push(bystander(position, prepared))
    return nothingStored(rejected, await store.head(log))
  }
  if (ready.length === 0) return nothingStored(rejected, await store.head(log))
  const result = await store.append(log, {
    events: ready.map(({ prepared }) => prepared),
    context: contextOf(options),
    ...(options.atomic === true && { atomic: true }),
  })
  const acks: IngestReport['acks'] = []
  for (const [at, outcome] of result.results.entries()) {
    const position = ready[at]?.position ?? at
    if (outcome.status === 'refused') rejected.push(refusalOf(outcome, position))
    else
      acks.push({
        ...ackOf(outcome, position),
        ...(options.proofs === true && { proof: await prove(outcome.index, result.size) }),
      })
  }
  return report(acks, rejected, result.checkpoint, result.size)
}

function contextOf(options: IngestOptions): AppendContext {
  const { keyId } = options.principal
  return {
    keyId,
    assurance: options.inferred === true ? 'inferred' : 'authenticated',
    role: keyRole(keyId),
    ...(options.sentAtMs !== undefined && { sentAtMs: options.sentAtMs }),
  }
}

function report(
  acks: IngestReport['acks'],
  rejected: Rejection[],
  checkpoint: string | undefined,
  size: number,
): IngestReport {
  return {
    acks,
    rejected: rejected.toSorted((a, b) => a.position - b.position),
    ...(checkpoint !== undefined && checkpoint !== '' && { checkpoint }),
    size,
  }
}

function nothingStored(rejected: Rejection[], { checkpoint, size }: Head): IngestReport {
  return report([], rejected, checkpoint, size)
}

/** Cuts a body into events, each parsed or with its own error. */
function parseBody(body: Uint8Array | string, format: 'json' | 'ndjson', redactor: Redactor): BatchItem[] {
  const bytes = typeof body === 'string' ? body.length : body.byteLength
  if (bytes > limits.batchBytesMax) {
    throw new LedgerError(
      'batch_too_large',
      `A batch has at most ${limits.batchBytesMax} bytes. Nothing was stored; send it in parts.`,
    )
  }
  try {
    const text = typeof body === 'string' ? body : decodeUtf8(body)
    const options = { ...parseOptions(redactor), itemsMax: limits.batchEventsMax }
    if (format === 'ndjson') return parseNdjson(text, options)
    if (/^[\t\n\r ]*\[/.test(text)) return parseEventArray(text, options)
    return [parseOne(text, options)]
  } catch (error) {
    if (!(error instanceof JsonError)) throw error
    if (error.code === 'json_too_many_items') {
      throw new LedgerError(
        'batch_too_large',
        `A batch has at most ${limits.batchEventsMax} events. Nothing was stored; send it in parts.`,
        { cause: error },
      )
    }
    throw new LedgerError('body_invalid', `The body cannot be read: ${error.message}. Nothing was stored.`, {
      cause: error,
      pointer: error.pointer,
    })
  }
}

function parseOne(text: string, options: ReturnType<typeof parseOptions>): BatchItem {
  try {
    return { value: parseJson(text, options) }
  } catch (error) {
    if (error instanceof JsonError) return { error }
    throw error
  }
}

function rejectionOf(error: unknown, position: number, item: BatchItem): Rejection {
  if (!(error instanceof EventError) && !(error instanceof JsonError)) throw error
  const id = 'value' in item && isJsonObject(item.value) ? item.value['event_id'] : undefined
  return {
    position,
    ...(typeof id === 'string' && id.length <= limits.idCharactersMax && { event_id: id }),
    // What is too deep within the payload is the payload's own limit.
    code: error.code === 'json_too_deep' && error.pointer.startsWith('/payload') ? 'payload_too_deep' : error.code,
    pointer: error.pointer,
    message: error.message,
  }
}

function bystander(position: number, prepared: PreparedEvent): Rejection {
  return {
    position,
    event_id: (JSON.parse(prepared.envelope) as { event_id: string }).event_id,
    code: 'atomic_batch_refused',
    pointer: '',
    message: 'Another event of this all-or-none batch was refused, so nothing of it was stored.',
  }
}

function refusalOf(refusal: Refusal, position: number): Rejection {
  return { position, event_id: refusal.eventId, code: refusal.code, pointer: refusal.pointer, message: refusal.message }
}

function ackOf(ack: Acknowledgement, position: number): IngestReport['acks'][number] {
  return {
    position,
    event_id: ack.eventId,
    status: ack.status,
    index: ack.index,
    leaf_hash: ack.leafHash,
    recorded_at: ack.recordedAt,
    ...(ack.actionDigest !== undefined && { action_digest: ack.actionDigest }),
    ...(ack.stop !== undefined && { stop: stopOrder(ack.stop) }),
  }
}

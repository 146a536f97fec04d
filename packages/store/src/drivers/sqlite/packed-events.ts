import type { AppendRequest, PreparedEvent } from '../../prepared-event.ts'

const digestBytes = 32
/** Ends of an event's envelope, payload, summary and action text. */
const endsPerEvent = 4

/**
 * The events of a batch as they cross to the writer's thread: two buffers that are handed over instead of copied, and no
 * object or string an event. None of the texts is ever empty, so an empty one is one that is not there.
 */
export interface PackedEvents {
  readonly count: number
  /** The digests of the events as sent, 32 bytes each; behind them the texts in UTF-8, event by event. */
  readonly bytes: Uint8Array
  readonly ends: Uint32Array
  /** What most events do not have, by position. */
  readonly rare: Readonly<Record<number, Rare>>
}

type Rare = Pick<PreparedEvent, 'redactions' | 'assurance'>

export type PackedRequest = Omit<AppendRequest, 'events'> & { readonly events: PackedEvents }

/** One event in the writer. Its texts are bytes, as they will be hashed, encrypted and stored. */
export interface WriterEvent extends Rare {
  readonly envelope: Uint8Array
  readonly payload: Uint8Array | undefined
  readonly summary: Uint8Array | undefined
  readonly actionText: Uint8Array | undefined
  readonly sentDigest: Uint8Array
}

export function packRequest(request: AppendRequest): PackedRequest {
  return { ...request, events: packEvents(request.events) }
}

/** The buffers to hand over with a request; afterwards they belong to the other thread. */
export function buffersOf({ events }: PackedRequest): ArrayBuffer[] {
  return [events.bytes.buffer as ArrayBuffer, events.ends.buffer as ArrayBuffer]
}

function packEvents(events: readonly PreparedEvent[]): PackedEvents {
  const texts: string[] = []
  const digests: string[] = []
  const rare: Record<number, Rare> = {}
  for (const [at, event] of events.entries()) {
    const { envelope, payload = '', summary = '', actionText = '', sentDigest, redactions, assurance } = event
    texts.push(envelope, payload, summary, actionText)
    digests.push(sentDigest)
    if (redactions.length > 0 || assurance !== undefined)
      rare[at] = { redactions, ...(assurance !== undefined && { assurance }) }
  }
  const text = texts.join('')
  const textStart = events.length * digestBytes
  const textBytes = Buffer.byteLength(text, 'utf8')
  const bytes = Buffer.allocUnsafeSlow(textStart + textBytes)
  if (bytes.write(digests.join(''), 'hex') !== textStart) throw new RangeError('a digest is not 64 hexadecimal digits')
  bytes.write(text, textStart, 'utf8')
  const ends = new Uint32Array(texts.length)
  const isAscii = textBytes === text.length
  let end = textStart
  for (const [at, part] of texts.entries()) {
    end += isAscii ? part.length : Buffer.byteLength(part, 'utf8')
    ends[at] = end
  }
  return { count: events.length, bytes: new Uint8Array(bytes.buffer, bytes.byteOffset, bytes.length), ends, rare }
}

const nothingRare: Rare = { redactions: [] }

export function unpackEvents({ count, bytes, ends, rare }: PackedEvents): WriterEvent[] {
  let start = count * digestBytes
  const take = (at: number): Uint8Array | undefined => {
    const end = ends[at] ?? start
    const part = end === start ? undefined : new Uint8Array(bytes.buffer, bytes.byteOffset + start, end - start)
    start = end
    return part
  }
  return Array.from({ length: count }, (_, at): WriterEvent => {
    const first = at * endsPerEvent
    const { redactions, assurance } = rare[at] ?? nothingRare
    return {
      envelope: take(first) ?? new Uint8Array(),
      payload: take(first + 1),
      summary: take(first + 2),
      actionText: take(first + 3),
      sentDigest: new Uint8Array(bytes.buffer, bytes.byteOffset + at * digestBytes, digestBytes),
      redactions,
      ...(assurance !== undefined && { assurance }),
    }
  })
}

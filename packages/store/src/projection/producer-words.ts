import { timestampMs } from '@counterfoil/schema'
import type { LeafEvent } from './leaf.ts'

/** A producer is one process under one key: the same name under another key is another producer. */
export interface ProducerId {
  readonly keyId: string
  readonly instance: string
}

/** What one event says about one producer. */
export type ProducerWord = ProducerId &
  (
    | {
        /** It sent an event of this number, or the number was used for one that was refused. */
        readonly kind: 'number'
        readonly seq: number
        readonly atMs: number
        readonly index: number
        /** How soon it promises to be heard again, in milliseconds. */
        readonly withinMs?: number
        /** It says goodbye. */
        readonly isLast: boolean
      }
    | { readonly kind: 'gap_declared' | 'gap_healed'; readonly first: number; readonly last: number }
    | { readonly kind: 'silence_declared' | 'silence_ended' }
  )

/** Why the server wrote a `gap_detected`; a `gap_healed` has the reason of what it heals. */
export const gapReasons = { missing: 'events_missing', silent: 'producer_silent', run: 'run_silent' } as const

/** A promise beyond this is taken for this. */
const promiseSecondsMax = 7 * 24 * 60 * 60

const frames: ReadonlySet<string> = new Set(['producer_started', 'producer_heartbeat', 'producer_stopped'])
const none: readonly ProducerWord[] = []

/** Names a producer in one text: no id has a space in it. */
export function producerKey({ keyId, instance }: ProducerId): string {
  return `${keyId} ${instance}`
}

/** Everything that an event says about producers; nothing, for most events without `producer`. */
export function producerWords(event: LeafEvent): readonly ProducerWord[] {
  const { event_type: type, key_id: keyId, producer, attributes = {} } = event
  if (type === 'event_refused') return refusalWords(event)
  if (keyId === 'server') return serverWords(event)
  if (producer === undefined) return none
  const withinMs = frames.has(type) ? promiseMs(attributes['next_within_s']) : undefined
  return [
    {
      kind: 'number',
      keyId,
      instance: producer.instance,
      seq: producer.seq,
      atMs: recordedMs(event),
      index: event.index,
      isLast: type === 'producer_stopped',
      ...(withinMs !== undefined && { withinMs }),
    },
  ]
}

/** A refused event stands nowhere in the log, and its number is nevertheless no gap. */
function refusalWords(event: LeafEvent): ProducerWord[] {
  const { attributes = {}, producer } = event
  const refusedBy = event.key_id === 'server' ? attributes['refused_key'] : event.key_id
  const common = { kind: 'number', atMs: recordedMs(event), index: event.index, isLast: false } as const
  const words: ProducerWord[] = []
  const refused = idOf(refusedBy, attributes['refused_instance'])
  const seq = numberOf(attributes['refused_seq'])
  if (refused !== undefined && seq !== undefined) words.push({ ...common, ...refused, seq })
  if (producer !== undefined && event.key_id !== 'server') {
    words.push({ ...common, keyId: event.key_id, instance: producer.instance, seq: producer.seq })
  }
  return words
}

function serverWords({ event_type: type, reason_code: reason, attributes = {} }: LeafEvent): readonly ProducerWord[] {
  if (type !== 'gap_detected' && type !== 'gap_healed') return none
  const id = idOf(attributes['producer_key'], attributes['instance'])
  if (id === undefined) return none
  const isHealed = type === 'gap_healed'
  if (reason === gapReasons.silent) return [{ ...id, kind: isHealed ? 'silence_ended' : 'silence_declared' }]
  const [first, last] = [numberOf(attributes['first_missing']), numberOf(attributes['last_missing'])]
  if (reason !== gapReasons.missing || first === undefined || last === undefined) return none
  return [{ ...id, kind: isHealed ? 'gap_healed' : 'gap_declared', first, last }]
}

function recordedMs(event: LeafEvent): number {
  return timestampMs(event.recorded_at) ?? 0
}

/** Attributes are whatever a producer chose: only what can be an id names anybody. */
function idOf(keyId: unknown, instance: unknown): ProducerId | undefined {
  return isId(keyId) && isId(instance) ? { keyId, instance } : undefined
}

function isId(value: unknown): value is string {
  return typeof value === 'string' && /^[\x21-\x7e]{1,128}$/.test(value)
}

function numberOf(value: unknown): number | undefined {
  return typeof value === 'number' && Number.isSafeInteger(value) && value >= 0 ? value : undefined
}

function promiseMs(seconds: unknown): number | undefined {
  const number = numberOf(seconds)
  return number === undefined || number === 0 ? undefined : Math.min(number, promiseSecondsMax) * 1_000
}

import { createEventId, orderEnvelope } from '@counterfoil/schema'
import { hash } from 'node:crypto'
import type { AppendContext, AppendRequest, PreparedEvent } from '../prepared-event.ts'

/** Members of an envelope, as the producer sends them. */
export type Fields = Readonly<Record<string, unknown>>

const runKey: AppendContext = { keyId: 'k_test', assurance: 'authenticated', role: 'run' }
export const server: AppendContext = { keyId: 'server', assurance: 'authenticated', role: 'server' }

/** When the events of these tests happen, unless they say otherwise. */
export const testMs = Date.parse('2026-11-20T12:00:00.000Z')

/** An event as a store gets it. `event_id` and `occurred_at` are made up unless given. */
export function prepare(
  fields: Fields,
  body: { readonly payload?: unknown; readonly summary?: string; readonly actionText?: string } = {},
): PreparedEvent {
  const envelope = JSON.stringify(
    orderEnvelope({
      schema_version: '1.0',
      event_id: createEventId(testMs),
      occurred_at: new Date(testMs).toISOString(),
      ...fields,
    }),
  )
  const payload = body.payload === undefined ? undefined : JSON.stringify(body.payload)
  return {
    envelope,
    ...(payload !== undefined && { payload }),
    ...(body.summary !== undefined && { summary: JSON.stringify(body.summary) }),
    ...(body.actionText !== undefined && { actionText: body.actionText }),
    redactions: [],
    sentDigest: hash('sha256', `${envelope}\n${payload ?? ''}\n${body.summary ?? ''}`),
  }
}

/** The id of a prepared event. */
export function idOf(event: PreparedEvent): string {
  return (JSON.parse(event.envelope) as { event_id: string }).event_id
}

export function batch(events: readonly PreparedEvent[], rest: Partial<AppendRequest> = {}): AppendRequest {
  return { events, context: runKey, ...rest }
}

/** What a story of {@link runEvents} may set. */
export interface Story {
  readonly runId: string
  readonly startedMs?: number
  readonly tookMs?: number
  readonly created?: Fields
  readonly actions?: readonly {
    readonly id: string
    readonly type: string
    readonly effect?: string
    readonly target?: readonly [type: string, id: string]
    readonly attributes?: Readonly<Record<string, string | number>>
    readonly more?: Fields
    /** Type of the last event of the action, and what it says. */
    readonly end?: readonly [type: string, fields?: Fields]
    readonly payload?: unknown
  }[]
  readonly end?: 'run_completed' | 'run_failed' | 'none'
}

/** The events of one run: its start, its actions one after another, its end. */
export function runEvents(story: Story): PreparedEvent[] {
  const { runId, startedMs = testMs, tookMs = 5_000, created = {}, actions = [], end = 'run_completed' } = story
  const events: PreparedEvent[] = []
  const add = (fields: Fields, atMs: number, payload?: unknown): void => {
    const event_id = createEventId(testMs)
    events.push(
      prepare(
        { event_id, run_id: runId, run_seq: events.length, occurred_at: new Date(atMs).toISOString(), ...fields },
        payload === undefined ? {} : { payload },
      ),
    )
  }
  add({ event_type: 'run_created', ...created }, startedMs)
  for (const action of actions) {
    const subject = { id: action.id, type: action.type, effect_class: action.effect ?? 'write' }
    const target = action.target === undefined ? {} : { target: { type: action.target[0], id: action.target[1] } }
    const attributes = action.attributes === undefined ? {} : { attributes: action.attributes }
    add(
      { event_type: 'decision_proposed', action: subject, ...target, ...attributes, ...action.more },
      startedMs + events.length,
      action.payload,
    )
    const [type, fields] = action.end ?? ['side_effect_applied', { effect: { status: 'applied' } }]
    add({ event_type: type, action: subject, ...fields }, startedMs + events.length)
  }
  if (end !== 'none') add({ event_type: end }, startedMs + tookMs)
  return events
}

/** What a producer sends with this number. */
export function sent(instance: string, seq: number, fields: Fields = {}): PreparedEvent {
  return prepare({ event_type: 'producer_heartbeat', producer: { instance, seq }, ...fields })
}

/** The same, with a number in its run. */
export function ofRun(
  instance: string,
  seq: number,
  runId: string,
  runSeq: number,
  type = 'input_resolved',
): PreparedEvent {
  return sent(instance, seq, { event_type: type, run_id: runId, run_seq: runSeq })
}

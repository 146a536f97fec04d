import { idOf } from './envelope-words.ts'
import { importId, runSeq } from './event-id.ts'
import { importLimits } from './import-limits.ts'
import type { ImportedEvent } from './importer.ts'
import { fitPayload, type Payload } from './payload.ts'
import type { RunContext, Usage } from './turn.ts'

/** Fields of one event beyond those that every event of the run has. */
export type EventFields = { readonly event_type: string; readonly payload?: Payload } & Readonly<
  Record<string, unknown>
>

/** Where in the transcript an event stands. */
export interface EventPlace {
  readonly position: number
  readonly at?: string
  readonly line?: number
  readonly usage?: Usage
}

/** Numbers the events of one run by position and part. */
export interface EventWriter {
  readonly events: readonly ImportedEvent[]
  write(place: EventPlace, fields: EventFields): void
  /** An id for the action whose first event is written next at this place. */
  actionId(place: EventPlace): string
  /** Why a place is beyond what an id can count, or undefined when there is room for another turn. */
  isFull(place: EventPlace): 'run_too_long' | 'message_too_large' | undefined
}

/** A turn closes up to two messages full of calls and proposes one more, with two events for each call. */
const partsPerTurnMax = 6 * importLimits.callsPerMessageMax

export function createEventWriter(context: RunContext, runId: string): EventWriter {
  const run = { identity: context.identity, startMs: context.startMs }
  const events: ImportedEvent[] = []
  let position = 0
  let part = 0
  /** Usage belongs to a message, so only its first event carries it: sums stay right. */
  const counted = new Set<Usage>()

  const partAt = (place: EventPlace): number => {
    if (place.position !== position) {
      position = place.position
      part = 0
    }
    return part
  }

  return {
    events,
    isFull: (place) =>
      place.position >= importLimits.positionMax
        ? 'run_too_long'
        : partAt(place) > importLimits.partMax - partsPerTurnMax
          ? 'message_too_large'
          : undefined,
    actionId: (place) => importId('action', run, place.position, partAt(place)),
    write(place, { event_type, payload, ...fields }) {
      const number = partAt(place)
      part++
      const usage = place.usage === undefined || counted.has(place.usage) ? undefined : place.usage
      if (usage !== undefined) counted.add(usage)
      const event = {
        schema_version: '1.0',
        event_id: importId('event', run, place.position, number),
        event_type,
        ...(place.at === undefined ? {} : { occurred_at: place.at }),
        run_id: runId,
        run_seq: runSeq(place.position, number),
        ...(context.correlationId === undefined ? {} : { correlation_id: context.correlationId }),
        ...(context.sessionId === undefined ? {} : { session_id: context.sessionId }),
        actor: agentOf(context),
        ...fields,
        ...(usage === undefined ? {} : { usage }),
        ...(payload === undefined ? {} : { payload: fitPayload(payload) }),
      }
      events.push({
        kind: 'event',
        text: JSON.stringify(event),
        event,
        file: context.file,
        ...(place.line === undefined ? {} : { line: place.line }),
      })
    },
  }
}

function agentOf({ agentId, agentVersion, model }: RunContext): { type: 'agent'; id: string; version?: string } {
  const version = agentVersion ?? idOf(model)
  return { type: 'agent', id: agentId ?? 'agent', ...(version === undefined ? {} : { version }) }
}

import type { DeclaredGaps, ProducerRequest } from '../../event-store.ts'
import {
  dueStatements,
  isGone,
  stallStatement,
  type GapClock,
  type GapStatement,
} from '../../projection/gap-statements.ts'
import { producerRow, producerStatus, type ProducerRow } from '../../projection/producer-row.ts'
import { producerKey } from '../../projection/producer-words.ts'
import { decodeCursor, encodeCursor } from '../../query/cursor.ts'
import { serverContext, serverEvent } from '../../server-event.ts'
import type { MemoryLog } from './memory-log.ts'
import type { MemoryRows } from './memory-rows.ts'

/** Records what follows from the passing of time. */
export function declareGapsInMemory(log: MemoryLog, clock: GapClock): DeclaredGaps {
  const said = statementsOf(log.rows, clock)
  say(log, said)
  // Who has just been found silent leaves runs behind.
  const stalled = stallsOf(log.rows, clock)
  say(log, stalled)
  const healed = said.filter(({ type }) => type === 'gap_healed').length
  return { detected: said.length - healed, healed, stalled: stalled.length }
}

function say(log: MemoryLog, statements: readonly GapStatement[]): void {
  const events = statements.map(({ type, fields }) => serverEvent(type, log.nowMs, fields))
  if (events.length > 0) log.append({ events, context: serverContext })
}

/** What there is to say about all producers at a moment. */
function statementsOf({ producers }: MemoryRows, clock: GapClock): GapStatement[] {
  return [...producers.values()].flatMap((state) => dueStatements(state, clock))
}

/** That runs are open although the producer that records them is gone. */
function stallsOf({ producers, runs }: MemoryRows, clock: GapClock): GapStatement[] {
  return [...runs.values()].flatMap(({ row: { runId, keyId, producer, status } }) => {
    const state = producer === undefined ? undefined : producers.get(producerKey({ keyId, instance: producer }))
    return status === 'running' && state !== undefined && isGone(state, clock) ? [stallStatement(runId, state)] : []
  })
}

/** A page of producers, those first that were heard for the first time last. */
export function memoryProducers(
  { producers }: MemoryRows,
  { status, limit, cursor }: ProducerRequest,
): { rows: ProducerRow[]; next?: string } {
  const order = `producers ${status ?? ''}`
  const before = cursor === undefined ? Infinity : decodeCursor(order, cursor).pk
  const found = [...producers.values()]
    .map((state, pk) => ({ state, pk }))
    .filter(({ state, pk }) => pk < before && (status === undefined || producerStatus(state) === status))
    .toReversed()
  const page = found.slice(0, limit)
  const last = page.at(-1)
  return {
    rows: page.map(({ state }) => producerRow(state)),
    ...(found.length > limit && last && { next: encodeCursor(order, { value: null, pk: last.pk }) }),
  }
}

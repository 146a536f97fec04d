import { EventError } from '@counterfoil/schema'
import { isJsonObject, type JsonValue } from '@counterfoil/schema/json'
import { definitionOf, isReservedType, type ProducerEvent } from '@counterfoil/schema/validate'
import type { Principal, Scope } from '../ledger.ts'

const writers: Readonly<Record<string, readonly Scope[]>> = {
  run: ['ingest', 'admin'],
  run_or_policy: ['ingest', 'policy', 'admin'],
  approval: ['ingest', 'admin'],
  observer: ['observe', 'admin'],
  any: ['ingest', 'policy', 'observe', 'admin'],
  server: [],
}

/** Refuses what only the server writes, whatever else is wrong with it. */
export function refuseReservedType(value: JsonValue): void {
  const type = isJsonObject(value) ? value['event_type'] : undefined
  if (typeof type === 'string' && isReservedType(type)) {
    throw new EventError('type_reserved', '/event_type', `${type} is written by the server only. Nothing was stored.`)
  }
}

/** Refuses an event that this key may not write: the table of `spec/event.md`. */
export function checkPermission(event: ProducerEvent, principal: Principal): void {
  const writer = definitionOf(event.event_type)?.writer ?? 'server'
  if (writer === 'server') {
    throw new EventError(
      'type_reserved',
      '/event_type',
      `${event.event_type} is written by the server only. Nothing was stored.`,
    )
  }
  const allowed = writers[writer] ?? []
  if (!principal.scopes.some((scope) => allowed.includes(scope))) {
    throw new EventError(
      'type_not_permitted',
      '/event_type',
      `A key with scope ${principal.scopes.join(', ')} may not write ${event.event_type}; it takes ${allowed.join(' or ')}. Nothing was stored.`,
    )
  }
}

/** How strongly a statement is made: an approval from a run's key happened elsewhere and is only claimed. */
export function assuranceOf(event: ProducerEvent, inferred: boolean): 'authenticated' | 'claimed' | 'inferred' {
  if (inferred) return 'inferred'
  return definitionOf(event.event_type)?.writer === 'approval' ? 'claimed' : 'authenticated'
}

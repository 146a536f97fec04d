import { covers, type AuditedBody, type EntryAudit, type LeafEvent, type SqliteStore } from '@counterfoil/store'
import { RunningCheck } from './running-check.ts'

const entriesPage = 1_000

/** What every entry says of itself, the order of time, and the payloads with their erasures. */
export async function checkEntries(
  store: SqliteStore,
  log: string,
  size: number,
  onProgress: (checked: number) => void,
): Promise<{ leaves: RunningCheck; order: RunningCheck; payloads: RunningCheck }> {
  const leaves = new RunningCheck('leaves')
  const order = new RunningCheck('recorded_at never decreases')
  const payloads = new RunningCheck('payloads')
  const missing: AuditedBody[] = []
  const erasures: LeafEvent[] = []
  let [from, recordedAt] = [0, '']
  while (from < size) {
    const limit = Math.min(entriesPage, size - from)
    const audit = await store.auditEntries(log, { from, limit, recordedAt })
    noteFaults(audit, leaves, order)
    if (audit.damaged !== undefined)
      payloads.bad(`${bodyText(audit.damaged)} does not open or does not fit its commitment`)
    payloads.count += audit.payloads
    missing.push(...audit.missing)
    erasures.push(...audit.erasures)
    recordedAt = audit.recordedAt
    from += audit.count
    leaves.count = from
    order.count = from
    onProgress(from)
    if (audit.count < limit) break
  }
  if (from !== size) leaves.bad(`entry ${from} is missing`)
  // Something may have been erased while this ran: then the erasure stands beyond the head.
  if (missing.length > 0) erasures.push(...(await erasuresFrom(store, log, size)))
  const isErased = erasureIndex(erasures)
  for (const body of missing) {
    if (!isErased(body)) payloads.bad(`${bodyText(body)} is missing and no payload_erased names it`)
  }
  return { leaves, order, payloads }
}

function noteFaults(audit: EntryAudit, leaves: RunningCheck, order: RunningCheck): void {
  for (const { fault, index, eventId } of audit.faults) {
    if (fault === 'order') order.bad(`entry ${index} (${eventId ?? ''}) was recorded before the entry in front of it`)
    else if (fault === 'unreadable') leaves.bad(`entry ${index} cannot be read`)
    else if (fault === 'index') leaves.bad(`entry ${index} does not say that it is entry ${index}`)
    else leaves.bad(`entry ${index} does not say that it is of this log`)
  }
}

function bodyText({ kind, index, eventId }: AuditedBody): string {
  return `the ${kind} of entry ${index} (${eventId})`
}

/** Erasures that were recorded after the head that is verified. */
async function erasuresFrom(store: SqliteStore, log: string, from: number): Promise<LeafEvent[]> {
  const erasures: LeafEvent[] = []
  for (let next = from; ;) {
    const audit = await store.auditEntries(log, { from: next, limit: entriesPage, recordedAt: '' })
    erasures.push(...audit.erasures)
    next += audit.count
    if (audit.count < entriesPage) return erasures
  }
}

function keyOf(scope: unknown, id: unknown): string {
  return `${String(scope)} ${String(id)}`
}

/** Whether an erasure after an entry names it, or its run. */
function erasureIndex(erasures: readonly LeafEvent[]): (body: AuditedBody) => boolean {
  const byKey = Map.groupBy(erasures, ({ attributes, run_id: runId }) =>
    keyOf(attributes?.['scope'], attributes?.['scope'] === 'event' ? attributes['event_id'] : runId),
  )
  return ({ index, eventId, runId }) => {
    const leaf = { event_id: eventId, ...(runId !== undefined && { run_id: runId }) }
    return [keyOf('event', eventId), keyOf('run', runId)].some((key) =>
      (byKey.get(key) ?? []).some((erasure) => erasure.index > index && covers(erasure, leaf)),
    )
  }
}

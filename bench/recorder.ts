// What the suites of the recorder share: an outbox as the recorder opens it, and events as an agent records them.
import { createRedactor } from '@counterfoil/schema/redact'
import { createOutbox, HttpTransport, type Outbox } from '@counterfoil/sdk/outbox'
import { eventsPerRun, workloadRun } from './workload.ts'

type Draft = Parameters<Outbox['record']>[0]

/** A port on which nobody listens: everything stays in the spool. */
export const nowhere = { url: 'http://127.0.0.1:9', key: 'none' }

export function openOutbox(to: { readonly url: string; readonly key: string }, spool: string): Outbox {
  return createOutbox({
    transport: new HttpTransport(to),
    spool,
    redactor: createRedactor(),
    closeWithinMs: 0,
    onProblem: () => undefined,
  })
}

/** Events of about 1 KB before they are numbered, made ahead. */
export function makeDrafts(count: number): readonly Draft[] {
  return Array.from({ length: Math.ceil(count / eventsPerRun) }, (_, run) => workloadRun(run))
    .flat()
    .slice(0, count)
    .map(({ schema_version: _version, event_id: _id, occurred_at: _at, ...draft }) => draft as Draft)
}

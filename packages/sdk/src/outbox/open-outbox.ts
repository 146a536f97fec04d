import path from 'node:path'
import { createRedactor } from '@counterfoil/schema/redact'
import type { Destination, RecorderOptions } from '../recorder-options.ts'
import { HttpTransport } from '../transport/http-transport.ts'
import { LedgerTransport } from '../transport/ledger-transport.ts'
import { createOutbox } from './create-outbox.ts'
import type { Outbox, OutboxProblem, StopOrder } from './outbox.ts'

/** The outbox that a recorder's options ask for. @throws RecorderError `spool_unwritable` */
export function openOutbox(
  destination: Destination,
  options: RecorderOptions,
  onProblem: (problem: OutboxProblem) => void,
  onStop: (runId: string, stop: StopOrder) => void,
): Outbox {
  const { spool, spoolBytesMax, whenFull, logKey, redaction } = options
  return createOutbox({
    transport: destination.kind === 'embedded' ? new LedgerTransport(destination) : new HttpTransport(destination),
    spool: spool ?? defaultSpool(destination),
    redactor: createRedactor(redaction),
    spoolBytesMax,
    whenFull,
    logKey,
    onProblem,
    onStop,
  })
}

/** What waits for a log in this process lies beside it, so that no other log gets it. */
function defaultSpool(destination: Destination): string {
  if (destination.kind === 'embedded') return path.join(destination.data, 'spool')
  return process.env['COUNTERFOIL_SPOOL'] ?? './counterfoil-spool'
}

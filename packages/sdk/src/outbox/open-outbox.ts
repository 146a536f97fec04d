import path from 'node:path'
import { createRedactor } from '@counterfoil/schema/redact'
import type { Destination, RecorderOptions } from '../recorder-options.ts'
import { HttpTransport } from '../transport/http-transport.ts'
import { LedgerTransport } from '../transport/ledger-transport.ts'
import { createOutbox, type OutboxOptions } from './create-outbox.ts'
import type { Outbox } from './outbox.ts'

/** The outbox that a recorder's options ask for. @throws RecorderError `spool_unwritable` */
export function openOutbox(
  destination: Destination,
  options: RecorderOptions,
  listeners: Pick<OutboxOptions, 'onProblem' | 'onRefused'>,
): Outbox {
  const { spool, spoolBytesMax, whenFull, logKey, redaction } = options
  return createOutbox({
    ...listeners,
    transport: destination.kind === 'embedded' ? new LedgerTransport(destination.data) : new HttpTransport(destination),
    spool: spool ?? defaultSpool(destination),
    redactor: createRedactor(redaction),
    ...(spoolBytesMax !== undefined && { spoolBytesMax }),
    ...(whenFull !== undefined && { whenFull }),
    ...(logKey !== undefined && { logKey }),
  })
}

/** What waits for a log in this process lies beside it, so that no other log gets it. */
function defaultSpool(destination: Destination): string {
  if (destination.kind === 'embedded') return path.join(destination.data, 'spool')
  return process.env['COUNTERFOIL_SPOOL'] ?? './counterfoil-spool'
}

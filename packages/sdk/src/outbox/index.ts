export { createOutbox, type OutboxOptions } from './create-outbox.ts'
export type { Outbox, OutboxProblem } from './outbox.ts'
export { HttpTransport, type HttpTransportOptions } from '../transport/http-transport.ts'
export { LedgerTransport } from '../transport/ledger-transport.ts'

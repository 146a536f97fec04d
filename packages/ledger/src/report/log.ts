import { Type, type Static } from 'typebox'
import { HexHash, Index, Timestamp } from './shapes.ts'
import { PayloadSchema } from './run.ts'
import { StopOrderSchema } from './stop.ts'

export const InclusionProofSchema = Type.Object({
  index: Index,
  size: Type.Integer({ minimum: 1 }),
  leaf_hash: HexHash,
  path: Type.Array(HexHash, { description: "audit path, the leaf's sibling first (RFC 6962 section 2.1.1)" }),
})
export type InclusionProof = Static<typeof InclusionProofSchema>

export const ConsistencyProofSchema = Type.Object({
  from: Type.Integer({ minimum: 0 }),
  to: Type.Integer({ minimum: 0 }),
  path: Type.Array(HexHash, { description: 'RFC 6962 section 2.1.2' }),
  checkpoint: Type.Optional(Type.String({ description: 'of the later size, when it was kept' })),
})
export type ConsistencyProof = Static<typeof ConsistencyProofSchema>

export const EventReportSchema = Type.Object({
  event: Type.Unknown({ description: 'the leaf, parsed' }),
  leaf: Type.String({ description: 'the leaf, exactly as hashed (JSON text)' }),
  payload: Type.Optional(PayloadSchema),
  summary: Type.Optional(Type.String()),
  proof: InclusionProofSchema,
  checkpoint: Type.String({ description: 'C2SP signed note that covers it' }),
  tlog_proof: Type.String({ description: 'C2SP tlog-proof file' }),
})
/** One event with everything that is needed to check it offline. */
export type EventReport = Static<typeof EventReportSchema>

export const LogReportSchema = Type.Object({
  log: Type.String(),
  origin: Type.String(),
  vkey: Type.String({ description: 'C2SP verifier key' }),
  vkeys: Type.Array(Type.Object({ vkey: Type.String(), from: Timestamp, until: Type.Optional(Timestamp) })),
  closed_at: Type.Optional(Timestamp),
  size: Type.Integer({ minimum: 0 }),
  root: HexHash,
  checkpoint: Type.Optional(Type.String()),
})
/** What the ledger knows of a log; the HTTP layer adds `tiles`. */
export type LogReport = Static<typeof LogReportSchema>

const AcknowledgementSchema = Type.Object({
  position: Type.Integer({ minimum: 0, description: 'in the batch as sent' }),
  event_id: Type.String(),
  status: Type.Enum(['stored', 'duplicate']),
  index: Index,
  leaf_hash: HexHash,
  recorded_at: Timestamp,
  action_digest: Type.Optional(Type.String()),
  proof: Type.Optional(InclusionProofSchema),
  stop: Type.Optional(StopOrderSchema),
})

const RejectionSchema = Type.Object({
  position: Type.Integer({ minimum: 0 }),
  event_id: Type.Optional(Type.String()),
  code: Type.String(),
  pointer: Type.String({ description: 'JSON Pointer of the offending field' }),
  message: Type.String(),
})

export const IngestReportSchema = Type.Object({
  acks: Type.Array(AcknowledgementSchema),
  rejected: Type.Array(RejectionSchema),
  checkpoint: Type.Optional(Type.String({ description: 'covers every acknowledged event' })),
  size: Type.Integer({ minimum: 0 }),
})
/** The answer to a batch: each event with its own result. */
export type IngestReport = Static<typeof IngestReportSchema>

export const VerifyReportSchema = Type.Object({
  ok: Type.Boolean(),
  size: Type.Integer({ minimum: 0 }),
  root: Type.String(),
  checks: Type.Array(
    Type.Object({
      name: Type.String(),
      ok: Type.Boolean(),
      count: Type.Integer({ minimum: 0 }),
      first_bad: Type.Optional(Type.String()),
      note: Type.Optional(Type.String()),
    }),
  ),
})
export type VerifyReport = Static<typeof VerifyReportSchema>

export const ApiKeySchema = Type.Object({
  id: Type.String(),
  log: Type.String(),
  name: Type.String(),
  scopes: Type.Array(Type.String()),
  created_at: Timestamp,
  revoked_at: Type.Optional(Timestamp),
})
export type ApiKeyReport = Static<typeof ApiKeySchema>

import { producerStatuses, type ProducerRow } from '@counterfoil/store'
import { Type, type Static } from 'typebox'
import { Timestamp } from './shapes.ts'

const Seq = Type.Integer({ minimum: 0 })

export const ProducerReportSchema = Type.Object({
  key_id: Type.String(),
  instance: Type.String({ description: 'one process, as it names itself under its key' }),
  status: Type.Enum([...producerStatuses], {
    description: 'stopped: it said goodbye; silent: it did not, and is not heard any more; active: all others',
  }),
  highest_seq: Seq,
  first_seen_at: Timestamp,
  last_seen_at: Timestamp,
  promised_within_s: Type.Optional(Type.Integer({ description: 'how soon it said that it would be heard again' })),
  missing: Type.Array(
    Type.Object({
      first: Seq,
      last: Seq,
      since: Timestamp,
      is_scattered: Type.Optional(
        Type.Boolean({ description: 'there were too many gaps to keep apart; they lie between first and last' }),
      ),
    }),
    { description: 'numbers below the highest one that have not come' },
  ),
})
/** One process that records events, and what of it is missing. */
export type ProducerReport = Static<typeof ProducerReportSchema>

export const ProducerPageSchema = Type.Object({
  producers: Type.Array(ProducerReportSchema),
  next: Type.Optional(Type.String({ description: 'cursor of the next page' })),
})
export type ProducerPage = Static<typeof ProducerPageSchema>

const iso = (ms: number): string => new Date(ms).toISOString()

/** A producer in its wire form. */
export function producerReport(row: ProducerRow): ProducerReport {
  return {
    key_id: row.keyId,
    instance: row.instance,
    status: row.status,
    highest_seq: row.highestSeq,
    first_seen_at: iso(row.firstMs),
    last_seen_at: iso(row.lastMs),
    ...(row.promisedWithinMs !== undefined && { promised_within_s: row.promisedWithinMs / 1_000 }),
    missing: row.missing.map(({ first, last, sinceMs, isScattered }) => ({
      first,
      last,
      since: iso(sinceMs),
      ...(isScattered === true && { is_scattered: true }),
    })),
  }
}

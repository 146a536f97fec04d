import type { JsonInput } from '../outbox/json-input.ts'

/** What a desk in this process puts on record. It happened here, so the log keeps it as claimed. */
export interface ApprovalJournal {
  record(
    type: 'approval_requested' | 'approval_granted' | 'approval_rejected' | 'approval_expired' | 'approval_cancelled',
    fields: {
      /** Who decided; absent where nobody did. */
      readonly actor?: { readonly type: 'human' | 'system'; readonly id: string }
      readonly approval: {
        readonly request_id: string
        readonly mode: 'single' | 'auto'
        readonly decision?: 'approved' | 'rejected'
        readonly surface?: string
        readonly ref?: string
      }
      readonly reason_code?: string
      readonly payload?: JsonInput
    },
  ): void
}

import { timestampMs } from '@counterfoil/schema'
import type { Grade } from './rows.ts'

/** The members of a stored envelope that projections read. Everything else stays in the leaf. */
export interface LeafEvent {
  readonly event_id: string
  readonly event_type: string
  readonly occurred_at?: string
  readonly recorded_at: string
  readonly index: number
  readonly key_id: string
  readonly assurance: 'authenticated' | 'claimed' | 'inferred'
  readonly time_quality: string
  readonly run_id?: string
  readonly run_seq?: number
  readonly correlation_id?: string
  readonly parent_run_id?: string
  readonly session_id?: string
  readonly trace_id?: string
  readonly environment?: string
  readonly customer_id?: string
  readonly workflow?: { readonly name: string; readonly version?: string }
  readonly trigger?: { readonly type: string; readonly ref?: string }
  readonly actor?: { readonly type: string; readonly id: string; readonly version?: string }
  readonly on_behalf_of?: { readonly type: string; readonly id: string }
  readonly action?: {
    readonly id: string
    readonly type: string
    readonly effect_class: string
    readonly idempotency_key?: string
    readonly attempt?: number
  }
  readonly target?: { readonly type: string; readonly id: string; readonly version?: string }
  readonly also_affects?: readonly { readonly type: string; readonly id: string }[]
  readonly reason_code?: string
  readonly confidence?: string
  readonly model?: { readonly provider?: string; readonly name: string }
  readonly prompt_ref?: string
  readonly policy_ref?: string
  readonly sources?: readonly { readonly type: string; readonly id: string; readonly version?: string }[]
  readonly check?: {
    readonly name: string
    readonly verdict: string
    readonly enforced: string
    readonly policy_id?: string
    readonly policy_version?: string
    readonly rule_id?: string
  }
  readonly approval?: { readonly request_id: string; readonly mode: string; readonly surface?: string }
  readonly tool?: { readonly name: string }
  readonly effect?: { readonly status: string; readonly external_ref?: string; readonly source?: string }
  readonly failed_at?: string
  readonly result?: string
  readonly attributes?: Readonly<Record<string, string | number>>
  readonly payload?: { readonly commitment: string; readonly media_type: string; readonly size: number }
  readonly payload_ref?: { readonly uri: string; readonly digest: string }
  readonly summary?: { readonly commitment: string; readonly size: number }
  readonly producer?: { readonly instance: string; readonly seq: number }
  readonly redactions?: readonly { readonly path: string; readonly rule: string }[]
}

/** The role of a key stands in its id, so that grades follow from leaves alone. */
export type KeyRole = 'run' | 'policy' | 'observer' | 'server'

/** `p_…` speaks for a policy service, `o_…` for an independent observer, `server` for the server; all others for runs. */
export function keyRole(keyId: string): KeyRole {
  if (keyId === 'server') return 'server'
  if (keyId.startsWith('p_')) return 'policy'
  if (keyId.startsWith('o_')) return 'observer'
  return 'run'
}

/** The evidence grade of what one event says: the table producer × answer of `spec/event.md`. */
export function gradeOf(event: Pick<LeafEvent, 'assurance' | 'key_id'>): Grade {
  if (event.assurance === 'inferred') return 'inferred'
  if (event.assurance === 'claimed') return 'claimed'
  return keyRole(event.key_id) === 'run' ? 'claimed' : 'observed'
}

const strength: Readonly<Record<Grade, number>> = { observed: 0, claimed: 1, inferred: 2, none: 3, missing: 4 }

/** The better founded of two grades. */
export function betterGrade(a: Grade | undefined, b: Grade): Grade {
  return a !== undefined && strength[a] <= strength[b] ? a : b
}

/** When it happened, as far as anybody says: the producer's claim, otherwise when the log took it. */
export function eventMs(event: LeafEvent): number {
  return timestampMs(event.occurred_at) ?? timestampMs(event.recorded_at) ?? 0
}

import type { StoredPayload } from './event-store.ts'
import type { LeafEvent } from './projection/leaf.ts'
import { commitmentOf, type VaultEntry } from './vault/vault.ts'

/** Whether a `payload_erased` names the run or the event of this leaf. */
export function covers(erasure: LeafEvent, leaf: Pick<LeafEvent, 'event_id' | 'run_id'>): boolean {
  const { scope, event_id: eventId } = erasure.attributes ?? {}
  return scope === 'event'
    ? eventId === leaf.event_id
    : scope === 'run' && erasure.run_id !== undefined && erasure.run_id === leaf.run_id
}

/** A body as it came out of the vault, checked against what its leaf says. */
export function openedPayload(entry: VaultEntry | undefined, commitment: string): StoredPayload {
  if (entry === undefined || commitmentOf(entry.salt, entry.bytes) !== commitment) return { state: 'damaged' }
  return { state: 'present', text: Buffer.from(entry.bytes).toString('utf8'), salt: entry.salt }
}

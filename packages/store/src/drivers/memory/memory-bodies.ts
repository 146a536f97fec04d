import type { PreparedEvent } from '../../prepared-event.ts'
import { createSalt, type VaultEntry } from '../../vault/vault.ts'

/** The erasable bodies of an event, each with a salt of its own. */
export function bodiesOf(event: PreparedEvent, index: number): VaultEntry[] {
  const bodies: VaultEntry[] = []
  for (const kind of ['payload', 'summary'] as const) {
    const text = event[kind]
    if (text !== undefined) bodies.push({ index, kind, salt: createSalt(), bytes: Buffer.from(text, 'utf8') })
  }
  return bodies
}

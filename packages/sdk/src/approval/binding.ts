import { createHash } from 'node:crypto'
import { canonicalJson, type JsonValue } from '@counterfoil/schema/json'
import type { JsonInput } from '../outbox/json-input.ts'

/** What an approval is bound to: SHA-256 of the RFC 8785 bytes of what would run. The same action has the same everywhere. */
export function bindingDigest(action: {
  readonly type: string
  readonly target: { readonly type: string; readonly id: string; readonly version?: string } | undefined
  readonly parameters: JsonInput
}): string {
  const text = canonicalJson(JSON.parse(JSON.stringify(action)) as JsonValue)
  return `sha256:${createHash('sha256').update(text).digest('hex')}`
}

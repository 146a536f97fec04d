import { createHash } from 'node:crypto'
import type { JsonInput } from '../outbox/json-input.ts'

/** What an approval is bound to: the RFC 8785 text of what would run. The same action gives the same text everywhere. */
export async function bindingText(action: {
  readonly type: string
  readonly target: { readonly type: string; readonly id: string; readonly version?: string } | undefined
  readonly parameters: JsonInput
}): Promise<string> {
  // Only where a person is asked: the rest of the recorder needs no canonical JSON.
  const { canonicalJson } = await import('@counterfoil/schema/json')
  const { type, target, parameters } = action
  return canonicalJson(JSON.parse(JSON.stringify({ type, target, parameters })))
}

export function bindingDigest(text: string): string {
  return `sha256:${createHash('sha256').update(text).digest('hex')}`
}

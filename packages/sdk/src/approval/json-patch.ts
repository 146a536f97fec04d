import type { JsonInput } from '../outbox/json-input.ts'
import { equalJson } from '../wire/plain-json.ts'

/** One operation of an RFC 6902 JSON Patch, of the three that are needed to get from one value to another. */
export type PatchOperation =
  | { readonly op: 'add' | 'replace'; readonly path: string; readonly value: JsonInput }
  | { readonly op: 'remove'; readonly path: string }

/** What turns one value into another (RFC 6902). Arrays of another length are replaced as a whole. */
export function jsonPatch(from: JsonInput, to: JsonInput, path = ''): PatchOperation[] {
  if (equalJson(from, to)) return []
  const isNested = typeof from === 'object' && typeof to === 'object' && from !== null && to !== null
  if (!isNested || Array.isArray(from) !== Array.isArray(to)) return [{ op: 'replace', path, value: to }]
  if (Array.isArray(from) && Array.isArray(to) && from.length !== to.length) return [{ op: 'replace', path, value: to }]
  const before = new Map(Object.entries(from))
  const after = new Map(Object.entries(to))
  const operations: PatchOperation[] = []
  for (const [name, value] of before) {
    const place = `${path}/${name.replaceAll('~', '~0').replaceAll('/', '~1')}`
    const now: JsonInput | undefined = after.get(name)
    if (now === undefined) operations.push({ op: 'remove', path: place })
    else operations.push(...jsonPatch(value ?? null, now, place))
  }
  for (const [name, value] of after) {
    if (before.has(name) || value === undefined) continue
    operations.push({ op: 'add', path: `${path}/${name.replaceAll('~', '~0').replaceAll('/', '~1')}`, value })
  }
  return operations
}

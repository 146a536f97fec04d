import { limits } from '@counterfoil/schema/ids'
import { toCode, toId } from './envelope-words.ts'

/** A thing in some system, by its kind, its id there, and, where it matters, the state of it that was seen. */
export interface Ref {
  readonly type: string
  readonly id: string | number | bigint
  /** Etag, row version, revision: the state that the decision was based on. */
  readonly version?: string | number
}

/** A thing that was read, and who controls what stands in it. */
export interface Source extends Ref {
  readonly trust?: 'trusted' | 'untrusted' | 'unknown'
}

/** Names a thing: `ref('order', 'W1001', '7')`. Ids may hold anything; what an id of the log cannot hold is encoded. */
export function ref(type: string, id: string | number | bigint, version?: string | number): Ref {
  return version === undefined ? { type, id } : { type, id, version }
}

/** @returns undefined when the id names nothing */
export function toReference(given: Ref): { type: string; id: string; version?: string } | undefined {
  const id = toId(given.id)
  const version = toId(given.version)
  return id === undefined ? undefined : { type: toCode(given.type), id, ...(version !== undefined && { version }) }
}

export function toSources(sources: readonly Source[] | undefined): object[] | undefined {
  return sources?.slice(0, limits.sourcesMax).flatMap((source) => {
    const reference = toReference(source)
    return reference === undefined ? [] : [{ ...reference, ...(source.trust !== undefined && { trust: source.trust }) }]
  })
}

export function toAffected(references: readonly Ref[] | undefined): object[] | undefined {
  return references?.slice(0, limits.alsoAffectsMax).flatMap((given) => {
    const reference = toReference(given)
    return reference === undefined ? [] : [{ type: reference.type, id: reference.id }]
  })
}

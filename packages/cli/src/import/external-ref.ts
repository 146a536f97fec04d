import { resolvePointer } from '@counterfoil/schema/action-map'
import { idOf } from './envelope-words.ts'

/** The external system's own id of an effect, out of a result whose text is JSON. */
export function externalRefOf(pointer: string | undefined, text: string): string | undefined {
  if (pointer === undefined) return undefined
  try {
    return idOf(resolvePointer(JSON.parse(text), pointer))
  } catch {
    return undefined
  }
}

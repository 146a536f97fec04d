import { limits } from '@counterfoil/schema'

/** No answer repeats more of what was sent than an id can hold. */
export function shownId(id: string): string {
  return id.length <= limits.idCharactersMax ? id : `${id.slice(0, 40)}… (${id.length} characters)`
}

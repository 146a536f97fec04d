/** The value that an RFC 6901 pointer names in parsed JSON, or undefined when there is none. */
export function resolvePointer(value: unknown, pointer: string): unknown {
  if (pointer === '') return value
  let current: unknown = value
  for (const raw of pointer.slice(1).split('/')) {
    const token = raw.replaceAll('~1', '/').replaceAll('~0', '~')
    if (typeof current !== 'object' || current === null) return undefined
    if (Array.isArray(current) && !/^(0|[1-9][0-9]*)$/.test(token)) return undefined
    if (!Object.hasOwn(current, token)) return undefined
    current = (current as Record<string, unknown>)[token]
  }
  return current
}

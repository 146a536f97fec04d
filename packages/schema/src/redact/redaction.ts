/** What was removed: where, as an RFC 6901 pointer from the root of the event, and by which rule. */
export interface Redaction {
  path: string
  rule: string
}

const markerPattern = /^\[redacted:[a-z0-9-]{1,40}\]$/

/** What stands in place of a removed part. No space, printable ASCII: an id stays a valid id. */
export function toMarker(rule: string): string {
  return `[redacted:${rule}]`
}

/** Whether a text is nothing but a marker. */
export function isMarker(text: string): boolean {
  return text.length <= 52 && markerPattern.test(text)
}

/** Notes a removal once per place and rule. */
export function record(out: Redaction[], path: string, rule: string): void {
  const last = out.at(-1)
  if (last !== undefined && last.path === path && last.rule === rule) return
  out.push({ path, rule })
}

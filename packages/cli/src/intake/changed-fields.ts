import { serverFields } from '@counterfoil/schema'

type Fields = Readonly<Record<string, unknown>>

/** What the server sets or replaces: a difference there is none of the source. */
const ofServer: ReadonlySet<string> = new Set([...Object.keys(serverFields), 'payload', 'summary', 'redactions'])

/**
 * The members in which two envelopes of one event differ, as JSON Pointers; members of objects stand for themselves. Empty
 * when only the bodies differ.
 */
export function changedFields(stored: Fields, now: Fields): string[] {
  const names = new Set([...Object.keys(stored), ...Object.keys(now)])
  return [...names].filter((name) => !ofServer.has(name)).flatMap((name) => differences(stored[name], now[name], name))
}

function differences(stored: unknown, now: unknown, name: string): string[] {
  if (!isRecord(stored) || !isRecord(now)) return JSON.stringify(stored) === JSON.stringify(now) ? [] : [`/${name}`]
  const members = new Set([...Object.keys(stored), ...Object.keys(now)])
  return [...members]
    .filter((member) => JSON.stringify(stored[member]) !== JSON.stringify(now[member]))
    .map((member) => `/${name}/${member}`)
}

function isRecord(value: unknown): value is Fields {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

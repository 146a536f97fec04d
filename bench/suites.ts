import { readdirSync } from 'node:fs'
import type { Suite } from './row.ts'

/** Every suite, in the order in which they run: one file each in `suites/`. */
export const suites = {
  'ingest-http': async () => (await import('./suites/ingest-http.ts')).run,
  'ingest-sustained': async () => (await import('./suites/ingest-sustained.ts')).run,
  'single-event': async () => (await import('./suites/single-event.ts')).run,
  'open-run': async () => (await import('./suites/open-run.ts')).run,
  filter: async () => (await import('./suites/filter.ts')).run,
  verify: async () => (await import('./suites/verify.ts')).run,
  receipts: async () => (await import('./suites/receipts.ts')).run,
  growth: async () => (await import('./suites/growth.ts')).run,
  'sdk-record': async () => (await import('./suites/sdk-record.ts')).run,
  'sdk-spool': async () => (await import('./suites/sdk-spool.ts')).run,
  'sdk-strict': async () => (await import('./suites/sdk-strict.ts')).run,
  redact: async () => (await import('./suites/redact.ts')).run,
  validator: async () => (await import('./suites/validator.ts')).run,
} satisfies Readonly<Record<string, () => Promise<Suite>>>

export type SuiteName = keyof typeof suites

export const suiteNames = Object.keys(suites) as SuiteName[]

export function isSuiteName(name: string): name is SuiteName {
  return Object.hasOwn(suites, name)
}

/** A file that is not in the list would never run, and nobody would notice. */
export function assertListIsWhole(): void {
  const files = readdirSync(new URL('suites', import.meta.url)).map((file) => file.replace(/\.ts$/, ''))
  const unlisted = files.filter((file) => !isSuiteName(file))
  if (unlisted.length > 0) throw new Error(`bench/suites.ts does not list: ${unlisted.join(', ')}`)
}

import { formatValue } from '@counterfoil/schema/query'
import type { Log } from './ledger.ts'

/** How long an answer about one run is believed: what it matches changes while it goes on. */
const freshMs = 1_000
const runsMax = 10_000

/** Whether a leaf (JSON text) belongs to a run that a query finds, as it stands now. Entries without a run are found by no query. */
export type RunFilter = (leaf: string) => Promise<boolean>

const runKey = { key: 'run', ref: 'builtin' } as const

/**
 * A filter for the live tail. The query is tried at once, so that a mistake in it is told before anything is shown.
 *
 * @throws LedgerError `query_invalid`
 */
export async function createRunFilter(log: Pick<Log, 'runs'>, query: string): Promise<RunFilter> {
  if (query.trim() === '') return () => Promise.resolve(true)
  const finds = async (runId: string): Promise<boolean> => {
    const run = `run:${formatValue(runKey, { kind: 'word', value: runId, span: { start: 0, end: 0 } })}`
    return (await log.runs({ query: `(${query}) ${run}`, limit: 1 })).runs.length > 0
  }
  // First alone, so that problems are shown where they stand in the text that the client sent.
  await log.runs({ query, limit: 1 })
  await finds('any')
  const known = new Map<string, { readonly found: boolean; readonly until: number }>()
  return async (leaf) => {
    const runId = (JSON.parse(leaf) as { run_id?: unknown }).run_id
    if (typeof runId !== 'string') return false
    const now = performance.now()
    const answer = known.get(runId)
    if (answer !== undefined && answer.until > now) return answer.found
    const found = await finds(runId)
    if (known.size >= runsMax) known.clear()
    known.set(runId, { found, until: now + freshMs })
    return found
  }
}

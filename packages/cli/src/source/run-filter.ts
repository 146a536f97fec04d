import type { RunPage, TailEntry } from '@counterfoil/ledger'

/** Says whether an entry belongs to a run that matches the query as it stands now. */
export type RunFilter = (entry: TailEntry) => Promise<boolean>

/** The query is tried once before anything is shown, so that a mistake in it is told at once. */
export async function createRunFilter(query: string, search: (query: string) => Promise<RunPage>): Promise<RunFilter> {
  if (query.trim() === '') return () => Promise.resolve(true)
  await search(query)
  return async ({ leaf }) => {
    const { run_id: runId } = JSON.parse(leaf) as { run_id?: string }
    if (runId === undefined) return false
    const page = await search(`(${query}) run:"${runId.replace(/["\\]/g, '\\$&')}"`)
    return page.runs.some((run) => run.run_id === runId)
  }
}

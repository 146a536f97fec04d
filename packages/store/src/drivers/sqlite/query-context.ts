import type { DatabaseSync } from 'node:sqlite'
import type { TextLeaf } from '../../query/condition.ts'
import { matchExpression } from '../../query/text-match.ts'
import type { MatchContext } from './query-match.ts'

/** Runs (by number, newest first) with a text that an FTS5 expression matches; `complete` is false when there are more. */
export type TextMatches = (
  expression: string,
  limit: number,
) => { readonly runs: readonly number[]; readonly complete: boolean }

/** A text that more runs than this have is looked for in the newest of them only. */
const textRunsMax = 20_000

/** Parts of a query are counted no further: beyond this, walking the order of the answer finds a page sooner. */
const candidatesMaxDefault = 20_000

/** What compiling needs of one log; made for each request, because the log grows. */
export function createMatchContext(
  database: DatabaseSync,
  request: { readonly nowMs: number; readonly textMatches: TextMatches; readonly candidatesMax?: number },
): MatchContext & { readonly textComplete: () => boolean } {
  const keys = new Map<string, number | undefined>()
  const texts = new Map<string, readonly number[]>()
  let complete = true
  return {
    nowMs: request.nowMs,
    candidatesMax: request.candidatesMax ?? candidatesMaxDefault,
    textComplete: () => complete,
    termKey: (name) => {
      if (!keys.has(name)) {
        const id = database.prepare('SELECT id FROM term_key WHERE name = ?').get(name)?.['id']
        keys.set(name, id === undefined ? undefined : Number(id))
      }
      return keys.get(name)
    },
    textRuns: (leaf: TextLeaf) => {
      const expression = matchExpression(leaf)
      let runs = texts.get(expression)
      if (runs === undefined) {
        const found = request.textMatches(expression, textRunsMax)
        complete &&= found.complete
        runs = found.runs
        texts.set(expression, runs)
      }
      return runs
    },
  }
}

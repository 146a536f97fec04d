import { LedgerError } from '@counterfoil/ledger'
import { ProblemError } from './problem.ts'

/** Runs a search; when its query cannot be understood, the problem shows where, and how to mend it. */
export async function explainingQuery<T>(search: () => Promise<T>): Promise<T> {
  try {
    return await search()
  } catch (error) {
    if (!(error instanceof LedgerError) || error.code !== 'query_invalid') throw error
    throw new ProblemError('query_invalid', error.message, {
      parameter: 'q',
      members: { problems: error.problems },
      cause: error,
    })
  }
}

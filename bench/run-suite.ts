// Runs one suite in this process, which ./run.ts starts afresh for each: no suite measures what another left behind.
import { isSuiteName, suites } from './suites.ts'
import type { Row, SuiteOptions } from './row.ts'

/** What the process sends to its parent. */
export interface SuiteMessage {
  readonly rows: readonly Row[]
}

const [name = '', options = '{}'] = process.argv.slice(2)
if (!isSuiteName(name)) throw new Error(`there is no suite ${name}`)
// So that folders and servers are removed: an interrupted process would skip its exit handlers.
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.once(signal, () => process.exit(130))
const orphaned = (): never => process.exit(1)
process.once('disconnect', orphaned)
const run = await suites[name]()
const rows = await run(JSON.parse(options) as SuiteOptions)
process.off('disconnect', orphaned)
process.send?.({ rows } satisfies SuiteMessage, () => process.disconnect())

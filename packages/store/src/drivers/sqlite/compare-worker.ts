import { join } from 'node:path'
import { setPriority } from 'node:os'
import { parentPort } from 'node:worker_threads'
import { StoreError } from '../../errors.ts'
import { compareProjections } from './compare-projections.ts'
import { openDatabase, readerCache } from './database.ts'
import { errorMessage, type LogPaths, type WorkerMessage } from './worker-protocol.ts'

/** Compares one log on a thread and a connection of its own, so that nobody else waits for it. */
type CompareCall = { readonly id: number } & (
  | { readonly op: 'compare'; readonly log: LogPaths; readonly isKeptCurrent: boolean }
  | { readonly op: 'close' }
)

/** Who writes and who reads come first. */
const niceness = 10
let isClosed = false

try {
  setPriority(niceness)
} catch {
  // Not allowed everywhere; it only means less politeness.
}

async function compare(log: LogPaths, isKeptCurrent: boolean): Promise<unknown> {
  const database = openDatabase(join(log.folder, 'log.db'), { readOnly: true })
  try {
    database.exec(readerCache)
    return await compareProjections(database, {
      isKeptCurrent,
      pause: async () => {
        await new Promise((resolve) => setImmediate(resolve))
        if (isClosed) throw new StoreError('store_closed', 'The store was closed while the tables were compared.')
      },
    })
  } finally {
    database.close()
  }
}

async function perform(call: CompareCall): Promise<WorkerMessage> {
  try {
    if (call.op === 'close') isClosed = true
    const value = call.op === 'compare' ? await compare(call.log, call.isKeptCurrent) : undefined
    return { kind: 'result', id: call.id, value }
  } catch (error) {
    return errorMessage(call.id, error)
  }
}

parentPort?.on('message', (call: CompareCall) => {
  void perform(call).then((message) => parentPort?.postMessage(message))
})

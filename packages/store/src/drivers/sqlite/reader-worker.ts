import { join } from 'node:path'
import { parentPort } from 'node:worker_threads'
import { StoreError } from '../../errors.ts'
import { readVaultKey } from '../../key-files.ts'
import { LogReader } from './log-reader.ts'
import { errorMessage, type LogPaths, type WorkerMessage } from './worker-protocol.ts'

/** What the reader's thread is asked for: a method of {@link LogReader} by name, on one log. */
export type ReaderCall =
  | { readonly op: 'open'; readonly log: LogPaths }
  | { readonly op: 'read'; readonly log: string; readonly method: ReaderMethod; readonly args: readonly unknown[] }
  | { readonly op: 'close' }

export type ReaderMethod =
  | 'head'
  | 'checkpoint'
  | 'checkpoints'
  | 'tile'
  | 'storedTiles'
  | 'strayTile'
  | 'leafHashes'
  | 'auditEntries'
  | 'writerStateFault'
  | 'eventById'
  | 'events'
  | 'openRun'
  | 'runEvents'
  | 'run'
  | 'runIdsByPrefix'
  | 'runs'
  | 'actions'
  | 'countRuns'
  | 'facets'
  | 'attributeKeys'
  | 'producers'

const readers = new Map<string, { paths: LogPaths; reader: LogReader }>()

function readerOf(log: string): LogReader {
  const open = readers.get(log)
  if (open === undefined) throw new StoreError('log_unknown', `No log is called ${log}.`)
  return open.reader
}

/** Undefined where the answer is only that it is done. */
function perform(call: ReaderCall): unknown {
  switch (call.op) {
    case 'open': {
      const { log, folder, origin } = call.log
      const vaultKey = readVaultKey(call.log, process.env)
      const reader = new LogReader({ path: join(folder, 'log.db'), textFolder: join(folder, 'text'), origin, vaultKey })
      readers.set(log, { paths: call.log, reader })
      return undefined
    }
    case 'read': {
      const reader = readerOf(call.log)
      // The method is one of a closed list and the arguments were typed by the caller of this module.
      const method = reader[call.method] as (...args: readonly unknown[]) => unknown
      return method.apply(reader, [...call.args])
    }
    case 'close':
      for (const { reader } of readers.values()) reader[Symbol.dispose]()
      readers.clear()
      return undefined
  }
}

parentPort?.on('message', (call: ReaderCall & { id: number }) => {
  let message: WorkerMessage
  try {
    message = { kind: 'result', id: call.id, value: perform(call) }
  } catch (error) {
    message = errorMessage(call.id, error)
  }
  parentPort?.postMessage(message)
})

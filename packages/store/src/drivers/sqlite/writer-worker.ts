import { join } from 'node:path'
import { parentPort } from 'node:worker_threads'
import { limits } from '@counterfoil/schema'
import { StoreError } from '../../errors.ts'
import { readLogKeys } from '../../key-files.ts'
import type { AppendRequest } from '../../prepared-event.ts'
import { LogFile } from './log-file.ts'
import { rebuildProjections } from './rebuild.ts'
import { errorMessage, type WorkerMessage, type WriterCall } from './worker-protocol.ts'

/**
 * The writer's thread. It owns its logs: several logs, one writer each. A group of batches is committed whenever the
 * commit before has ended; nobody waits for a timer.
 */
interface WaitingAppend {
  readonly id: number
  readonly request: AppendRequest
}

interface OpenLog {
  readonly file: LogFile
  waiting: WaitingAppend[]
}

const logs = new Map<string, OpenLog>()
let scheduled = false

function answer(message: WorkerMessage): void {
  parentPort?.postMessage(message)
}

function logOf(name: string): OpenLog {
  const log = logs.get(name)
  if (log === undefined) throw new StoreError('log_unknown', `No log is called ${name}.`)
  return log
}

function drain(): void {
  scheduled = false
  for (const [name, log] of logs) {
    if (log.waiting.length > 0) commitGroup(name, log)
  }
}

function commitGroup(name: string, log: OpenLog): void {
  let events = 0
  const group: WaitingAppend[] = []
  for (const waiting of log.waiting) {
    events += waiting.request.events.length
    if (group.length > 0 && events > limits.batchEventsMax) break
    group.push(waiting)
  }
  log.waiting = log.waiting.slice(group.length)
  if (log.waiting.length > 0) schedule()
  try {
    const before = log.file.head.size
    const results = log.file.commit(group.map(({ request }) => request))
    group.forEach(({ id }, at) => answer({ kind: 'result', id, value: results[at] }))
    if (log.file.head.size > before) answer({ kind: 'committed', log: name, size: log.file.head.size })
  } catch (error) {
    // One request that cannot be stored must not take its neighbours along; after a failed disk all fail alike.
    if (group.length === 1 || error instanceof StoreError) for (const { id } of group) answer(errorMessage(id, error))
    else for (const waiting of group) commitGroup(name, { file: log.file, waiting: [waiting] })
  }
}

function schedule(): void {
  if (scheduled) return
  scheduled = true
  // After the messages that are already here: what waits now is committed together.
  setImmediate(drain)
}

function perform(call: WriterCall, id: number): unknown {
  switch (call.op) {
    case 'open': {
      const { log, id: logId, origin, data, folder, state } = call.log
      const { signer, vaultKey } = readLogKeys(data, log, logId, origin, process.env)
      if (signer.vkey !== call.log.vkey)
        throw new StoreError(
          'key_invalid',
          `The signing key of log ${log} is not the one that the log was made with. Nothing was written.`,
        )
      logs.set(log, {
        file: new LogFile({ path: join(folder, 'log.db'), data, origin, signer, vaultKey, state }),
        waiting: [],
      })
      return undefined
    }
    case 'append':
      logOf(call.log).waiting.push({ id, request: call.request })
      schedule()
      return pending
    case 'erase': {
      const { file } = logOf(call.log)
      const result = file.erase(call.request)
      answer({ kind: 'committed', log: call.log, size: file.head.size })
      return result
    }
    case 'stop': {
      const { file } = logOf(call.log)
      const result = file.stop(call.request)
      if (result.isNew) answer({ kind: 'committed', log: call.log, size: file.head.size })
      return result
    }
    case 'rebuild':
      return logOf(call.log).file.maintain((database, projections) =>
        rebuildProjections(database, projections, (done, total) => answer({ kind: 'progress', id, done, total })),
      )
    case 'text_erased':
      logOf(call.log).file.maintain((database) => {
        const remove = database.prepare('DELETE FROM text_erasure WHERE idx = ?')
        for (const index of call.indexes) remove.run(index)
      })
      return undefined
    case 'witness':
      return logOf(call.log).file.witness(call.checkpoint)
    case 'close':
      // What was sent before the end is stored and answered.
      while ([...logs.values()].some(({ waiting }) => waiting.length > 0)) drain()
      for (const { file } of logs.values()) file[Symbol.dispose]()
      logs.clear()
      return undefined
  }
}

const pending = Symbol('pending')

parentPort?.on('message', (call: WriterCall & { id: number }) => {
  try {
    const value = perform(call, call.id)
    if (value !== pending) answer({ kind: 'result', id: call.id, value })
  } catch (error) {
    answer(errorMessage(call.id, error))
  }
})

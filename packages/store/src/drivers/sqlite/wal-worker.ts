import { join } from 'node:path'
import type { DatabaseSync } from 'node:sqlite'
import { parentPort } from 'node:worker_threads'
import { openDatabase, pragma } from './database.ts'
import { errorMessage, type LogPaths } from './worker-protocol.ts'

/** Moves the write-ahead log into the database, on a thread of its own: a checkpoint must not make an acknowledgement wait. */
const intervalMs = 200
/** Frames of so many bytes are moved together: pages that are written again and again are then copied once. */
const passiveAboveBytes = 32 * 1024 * 1024
/** While writers never pause, the log only begins anew when they are made to wait for a moment. */
const restartAboveBytes = 256 * 1024 * 1024
/** Emptying the file makes writers wait for readers, but not for long: the next round tries again. */
const busyTimeoutMs = 1_000

interface WalLog {
  readonly database: DatabaseSync
  readonly pageBytes: number
  /**
   * The file has to be emptied, however small it is: something was erased. At the start that is not known, because a
   * process that was killed between an erasure and the emptying left the erased pages there.
   */
  mustEmpty: boolean
}

const logs = new Map<string, WalLog>()

function checkpointAll(): void {
  for (const log of logs.values()) checkpoint(log)
}

function checkpoint(log: WalLog): void {
  try {
    const before = frames(log, 'NOOP')
    if (!log.mustEmpty && (before.all - before.moved) * log.pageBytes < passiveAboveBytes) return
    const after = frames(log, 'PASSIVE')
    // What makes writers wait comes right after a round that left little to copy.
    if (log.mustEmpty) log.mustEmpty = frames(log, 'TRUNCATE').isBusy
    else if (after.all * log.pageBytes > restartAboveBytes) frames(log, 'RESTART')
  } catch {
    // Busy or a full disk: the data is safe in the WAL, and the next round tries again.
  }
}

/** Runs a checkpoint of this kind; `NOOP` only looks. */
function frames(
  { database }: WalLog,
  kind: 'NOOP' | 'PASSIVE' | 'RESTART' | 'TRUNCATE',
): { isBusy: boolean; all: number; moved: number } {
  const row = database.prepare(`PRAGMA wal_checkpoint(${kind})`).get()
  return { isBusy: row?.['busy'] !== 0, all: Number(row?.['log']), moved: Number(row?.['checkpointed']) }
}

const timer = setInterval(checkpointAll, intervalMs)

type WalCall = { readonly id: number } & (
  | { readonly op: 'open'; readonly log: LogPaths }
  | { readonly op: 'empty'; readonly log: string }
  | { readonly op: 'close' }
)

parentPort?.on('message', (call: WalCall) => {
  /** Whether nothing that was erased is left in the file. */
  let isEmpty = true
  try {
    if (call.op === 'open') {
      const path = join(call.log.folder, 'log.db')
      const database = openDatabase(path)
      database.exec(`PRAGMA busy_timeout=${busyTimeoutMs}`)
      const log = { database, pageBytes: Number(pragma(database, 'page_size')), mustEmpty: true }
      logs.set(call.log.log, log)
      checkpoint(log)
    } else if (call.op === 'empty') {
      const log = logs.get(call.log)
      if (log !== undefined) {
        log.mustEmpty = true
        checkpoint(log)
        isEmpty = !log.mustEmpty
      }
    } else {
      clearInterval(timer)
      for (const { database } of logs.values()) database.close()
      logs.clear()
    }
    parentPort?.postMessage({ kind: 'result', id: call.id, value: isEmpty })
  } catch (error) {
    parentPort?.postMessage(errorMessage(call.id, error))
  }
})

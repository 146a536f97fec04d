import { setPriority } from 'node:os'
import { join } from 'node:path'
import { parentPort } from 'node:worker_threads'
import { readVaultKey } from '../../key-files.ts'
import { LogReader } from './log-reader.ts'
import { TextIndex } from './text-index.ts'
import { errorMessage, type LogPaths, type WorkerMessage } from './worker-protocol.ts'

/**
 * Follows the logs and keeps their text index. It may lag behind a burst: answers say how far it has come. Its thread
 * has the lowest priority, because acknowledgements come first.
 */
const chunkEvents = 1_000
/** How often erasures are looked for; they are taken out of the files well within a minute. */
const erasureIntervalMs = 5_000
const retryMs = 1_000
/** How long the first event of a quiet log waits for company: a transaction an event would cost more than the events. */
const gatherMs = 100
/** In a burst the index lets the log go ahead, up to so many events; then it takes its share. */
const behindEventsMax = 20_000

interface Followed {
  readonly reader: LogReader
  readonly index: TextIndex
  next: number
}

const logs = new Map<string, Followed>()
let scheduled: NodeJS.Immediate | undefined
let waiting: NodeJS.Timeout | undefined
let retry: NodeJS.Timeout | undefined
let closed = false

try {
  setPriority(19)
} catch {
  // Not allowed everywhere; it only means less politeness.
}

function answer(message: WorkerMessage): void {
  parentPort?.postMessage(message)
}

function follow(): void {
  scheduled = undefined
  try {
    if (followOnce()) (isFarBehind() ? schedule : gather)()
  } catch {
    // A full disk, mostly: the index can wait, and the thread that keeps it must not end. Answers say how far it has come.
    retry ??= setTimeout(() => {
      retry = undefined
      schedule()
    }, retryMs)
  }
}

/** Adds the next events of every log; true when there may be more. */
function followOnce(): boolean {
  let more = false
  for (const log of logs.values()) {
    const events = log.reader.texts(log.next, chunkEvents)
    const last = events.at(-1)
    if (last === undefined) continue
    log.index.add(events)
    log.next = last.index + 1
    more ||= events.length === chunkEvents
  }
  return more
}

function schedule(): void {
  if (!closed) scheduled ??= setImmediate(follow)
}

function isFarBehind(): boolean {
  return [...logs.values()].some(({ reader, next }) => reader.head().size - next > behindEventsMax)
}

/** Goes on soon, with what has come until then. */
function gather(): void {
  if (closed) return
  waiting ??= setTimeout(() => {
    waiting = undefined
    schedule()
  }, gatherMs)
}

function takeOutErased(): void {
  for (const [name, log] of logs) {
    const indexes = log.reader.database
      .prepare('SELECT idx FROM text_erasure WHERE idx < ? LIMIT 10000')
      .all(log.next)
      .map((row) => Number(row['idx']))
    if (indexes.length === 0) continue
    log.index.erase(indexes)
    answer({ kind: 'text_erased', log: name, indexes })
  }
}

const erasures = setInterval(() => {
  try {
    takeOutErased()
  } catch {
    // Tried again; until then what was erased is filtered out of every answer.
  }
}, erasureIntervalMs)

type TextCall = { readonly id: number } & (
  | { readonly op: 'open'; readonly log: LogPaths }
  | { readonly op: 'committed' }
  | { readonly op: 'settle' }
  | { readonly op: 'close' }
)

/** A file that does not open is as good as none: the index is made again from the log. */
function indexedThrough(index: TextIndex): number {
  try {
    return index.indexedThrough()
  } catch {
    return Number.POSITIVE_INFINITY
  }
}

function perform(call: TextCall): void {
  switch (call.op) {
    case 'open': {
      const { log, folder, origin } = call.log
      const vaultKey = readVaultKey(call.log, process.env)
      const textFolder = join(folder, 'text')
      const index = new TextIndex(textFolder)
      const reader = new LogReader({ path: join(folder, 'log.db'), textFolder, origin, vaultKey })
      // A restored log may be shorter than its index: then the index is made anew.
      const size = reader.head().size
      if (indexedThrough(index) > size) index.clear()
      logs.set(log, { reader, index, next: index.indexedThrough() })
      schedule()
      break
    }
    case 'committed':
      gather()
      break
    case 'settle':
      while (followOnce()) {
        // Until nothing is left.
      }
      takeOutErased()
      break
    case 'close':
      closed = true
      clearInterval(erasures)
      clearTimeout(retry)
      clearTimeout(waiting)
      for (const { reader, index } of logs.values()) {
        reader[Symbol.dispose]()
        index[Symbol.dispose]()
      }
      logs.clear()
  }
}

parentPort?.on('message', (call: TextCall) => {
  try {
    perform(call)
    if (call.op !== 'committed') answer({ kind: 'result', id: call.id, value: undefined })
  } catch (error) {
    answer(errorMessage(call.id, error))
  }
})

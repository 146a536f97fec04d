import { extname } from 'node:path'
import { Worker } from 'node:worker_threads'
import { StoreError } from '../../errors.ts'
import { errorOf, type WorkerMessage } from './worker-protocol.ts'

interface Waiting {
  readonly resolve: (value: never) => void
  readonly reject: (error: unknown) => void
  readonly onProgress: ((done: number, total: number) => void) | undefined
}

/** One worker thread and the calls that wait for it. */
export class WorkerClient implements AsyncDisposable {
  readonly #worker: Worker
  readonly #waiting = new Map<number, Waiting>()
  readonly #onNews: (message: WorkerMessage) => void
  #next = 1
  #ended: StoreError | undefined

  /** @param name file name without extension, beside this file; the same in `src/` and in `dist/` */
  constructor(name: string, workerData: unknown, onNews: (message: WorkerMessage) => void = () => {}) {
    this.#onNews = onNews
    this.#worker = new Worker(new URL(`./${name}${extname(import.meta.url)}`, import.meta.url), { workerData, name })
    this.#worker.on('message', (message: WorkerMessage) => this.#receive(message))
    this.#worker.on('error', (error) => this.#end(error))
    this.#worker.on('exit', () => this.#end(undefined))
    // A store that nobody closed must not keep a finished program alive.
    this.#worker.unref()
  }

  /** Sends a call and waits for its answer. `T` is what the worker returns for this call. */
  async call<T>(
    message: object,
    onProgress?: (done: number, total: number) => void,
    handedOver: readonly ArrayBuffer[] = [],
  ): Promise<T> {
    if (this.#ended !== undefined) throw this.#ended
    const id = this.#next
    this.#next += 1
    this.#worker.ref()
    try {
      return await new Promise<T>((resolve, reject) => {
        this.#waiting.set(id, { resolve, reject, onProgress })
        this.#worker.postMessage({ ...message, id }, handedOver)
      })
    } finally {
      this.#waiting.delete(id)
      if (this.#waiting.size === 0) this.#worker.unref()
    }
  }

  /** Sends without waiting for an answer. */
  post(message: object): void {
    if (this.#ended === undefined) this.#worker.postMessage(message)
  }

  #receive(message: WorkerMessage): void {
    if (message.kind === 'result') this.#waiting.get(message.id)?.resolve(message.value as never)
    else if (message.kind === 'error') this.#waiting.get(message.id)?.reject(errorOf(message))
    else if (message.kind === 'progress') this.#waiting.get(message.id)?.onProgress?.(message.done, message.total)
    else this.#onNews(message)
  }

  #end(cause: unknown): void {
    this.#ended ??= new StoreError(
      'store_closed',
      'The storage thread has ended. What was acknowledged is on disk; open the log again.',
      { cause },
    )
    for (const { reject } of this.#waiting.values()) reject(this.#ended)
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#ended === undefined) await this.call({ op: 'close' }).catch(() => undefined)
    await this.#worker.terminate()
  }
}

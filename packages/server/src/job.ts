import type { ServerContext } from './context.ts'

/** Work that the server does by itself, again and again while it runs. */
export interface Job {
  readonly name: string
  everyMs(server: ServerContext): number
  /** Makes the work of one server. What it throws is logged, and it is tried again the next time. */
  start(server: ServerContext): () => Promise<void>
}

/** Jobs that run. Disposing of it waits for what has begun. */
export function startJobs(server: ServerContext, jobs: readonly Job[]): AsyncDisposable {
  const running = jobs.map((job) => repeat(server, job))
  return {
    async [Symbol.asyncDispose]() {
      await Promise.all(running.map((stop) => stop()))
    },
  }
}

/** One time after another: a slow one is not overtaken by the next. */
function repeat(server: ServerContext, job: Job): () => Promise<void> {
  const work = job.start(server)
  const everyMs = job.everyMs(server)
  let current: Promise<void> = Promise.resolve()
  let isStopped = false
  const tick = async (): Promise<void> => {
    try {
      await work()
    } catch (error) {
      server.logger.error({ err: error, job: job.name }, 'a job failed; it is tried again')
    }
    if (!isStopped) schedule()
  }
  const schedule = (): void => {
    timer = setTimeout(() => {
      current = tick()
    }, everyMs)
    timer.unref()
  }
  let timer: NodeJS.Timeout | undefined
  schedule()
  return () => {
    isStopped = true
    clearTimeout(timer)
    return current
  }
}

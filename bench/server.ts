import { spawn } from 'node:child_process'
import { createInterface } from 'node:readline'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { setTimeout as delay } from 'node:timers/promises'

const program = fileURLToPath(new URL('../packages/cli/bin/counterfoil.mjs', import.meta.url))
const startTimeoutMs = 60_000
const stopTimeoutMs = 30_000

export interface BenchServer extends AsyncDisposable {
  readonly url: string
  readonly key: string
  readonly pid: number
  readonly data: string
  get(path: string): Promise<unknown>
  /** Gets an answer whole and leaves it as bytes; gives their number. */
  read(path: string): Promise<number>
  /** Resolves when everything that is stored now is in the text index. */
  settleText(): Promise<void>
}

/** The built program, as a user starts it, on a free port of the loopback. */
export async function startServer(folder: string, nodeOptions: readonly string[] = []): Promise<BenchServer> {
  const data = join(folder, 'data')
  const child = spawn(process.execPath, [...nodeOptions, program, 'serve', '--json', '--port', '0', '--data', data], {
    stdio: ['ignore', 'pipe', 'inherit'],
    env: { ...process.env, COUNTERFOIL_STATE: join(folder, 'state') },
  })
  const ended = new Promise<void>((resolve) => child.once('exit', () => resolve()))
  // A bench that is interrupted leaves no server behind.
  const kill = (): void => void child.kill('SIGKILL')
  process.once('exit', kill)
  const ready = await Promise.race([
    new Promise<string>((resolve) => createInterface({ input: child.stdout }).once('line', resolve)),
    ended.then(() => undefined),
    delay(startTimeoutMs, undefined, { ref: false }),
  ])
  const stop = async (): Promise<void> => {
    child.kill('SIGTERM')
    await Promise.race([ended, delay(stopTimeoutMs, undefined, { ref: false })])
    kill()
    await ended
    process.off('exit', kill)
  }
  if (ready === undefined || child.pid === undefined) {
    await stop()
    throw new Error('the server did not start; is it built?')
  }
  const { url, admin_key: key } = JSON.parse(ready) as { url: string; admin_key: string }
  const ask = async (path: string): Promise<Response> => {
    const response = await fetch(`${url}${path}`, { headers: { authorization: `Bearer ${key}` } })
    if (!response.ok) throw new Error(`GET ${path}: ${response.status} ${await response.text()}`)
    return response
  }
  const get = async (path: string): Promise<unknown> => (await ask(path)).json()
  return {
    url,
    key,
    pid: child.pid,
    data,
    get,
    read: async (path) => (await (await ask(path)).bytes()).byteLength,
    async settleText() {
      const { size } = (await get('/v1/log')) as { size: number }
      for (;;) {
        const page = (await get('/v1/runs?limit=1')) as { text_indexed_through: number }
        if (page.text_indexed_through >= size) return
        await delay(20)
      }
    },
    [Symbol.asyncDispose]: stop,
  }
}

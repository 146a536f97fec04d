import { type ChildProcess, spawn } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { onTestFinished } from 'vitest'

/** The program as it is built. */
export const programFile = fileURLToPath(new URL('../dist/main.js', import.meta.url))
export const repository = fileURLToPath(new URL('../../../', import.meta.url))

export interface Ended {
  readonly code: number | null
  readonly out: string
  readonly err: string
}

/** A fresh folder with a data directory to be, and what this machine remembers beside it. */
export interface Place {
  readonly folder: string
  readonly data: string
  readonly env: NodeJS.ProcessEnv
  run(...args: string[]): Promise<Ended>
  /** With further environment, or standard input. */
  runWith(options: { env?: NodeJS.ProcessEnv; input?: string }, ...args: string[]): Promise<Ended>
  remove(): void
}

export function createPlace(): Place {
  const folder = mkdtempSync(join(tmpdir(), 'counterfoil-cli-'))
  const inherited = Object.entries(process.env).filter(
    ([name]) => !/^(COUNTERFOIL_|VITEST|NODE_|FORCE_COLOR|NO_COLOR)/.test(name),
  )
  const env = { ...Object.fromEntries(inherited), COUNTERFOIL_STATE_DIR: join(folder, 'state') }
  const runWith: Place['runWith'] = ({ env: more = {}, input }, ...args) => {
    const child = spawn(process.execPath, [programFile, ...args], {
      cwd: folder,
      env: { ...env, ...more },
      stdio: 'pipe',
    })
    child.stdin.end(input)
    return collect(child)
  }
  return {
    folder,
    data: join(folder, 'counterfoil-data'),
    env,
    run: (...args) => runWith({}, ...args),
    runWith,
    remove: () => rmSync(folder, { recursive: true, force: true }),
  }
}

export function collect(child: ChildProcess): Promise<Ended> {
  const out: Buffer[] = []
  const err: Buffer[] = []
  child.stdout?.on('data', (chunk: Buffer) => out.push(chunk))
  child.stderr?.on('data', (chunk: Buffer) => err.push(chunk))
  return new Promise((resolve, reject) => {
    child.on('error', reject)
    child.on('close', (code) =>
      resolve({ code, out: Buffer.concat(out).toString(), err: Buffer.concat(err).toString() }),
    )
  })
}

export interface Served {
  readonly url: string
  readonly data: string
  readonly admin_key?: string
  readonly child: ChildProcess
  readonly ended: Promise<Ended>
  /** Ends it as an operator would. */
  stop(signal?: NodeJS.Signals): Promise<Ended>
}

/** Starts a server on a free port and waits for its line. It ends with the test. */
export async function serve(place: Place, ...args: string[]): Promise<Served> {
  const child = spawn(process.execPath, [programFile, 'serve', '--json', '--port', '0', ...args], {
    cwd: place.folder,
    env: place.env,
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  onTestFinished(() => void child.kill('SIGKILL'))
  const ended = collect(child)
  const line = await new Promise<string>((resolve, reject) => {
    createInterface({ input: child.stdout }).once('line', resolve)
    void ended.then(({ err }) => reject(new Error(`the server ended: ${err}`)))
  })
  const ready = JSON.parse(line) as { url: string; data: string; admin_key?: string }
  const stop = (signal: NodeJS.Signals = 'SIGTERM'): Promise<Ended> => {
    child.kill(signal)
    return ended
  }
  return { ...ready, child, ended, stop }
}

/** The values of output that is one JSON value a line. */
export function jsonLines<T = Record<string, unknown>>(text: string): T[] {
  return text
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as T)
}

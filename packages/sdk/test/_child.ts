import { spawn, type ChildProcess } from 'node:child_process'
import { fileURLToPath } from 'node:url'

const childFile = fileURLToPath(new URL('./record-child.ts', import.meta.url))

interface Ended {
  readonly code: number | null
  readonly signal: string | null
  /** What it said, one object a line. */
  readonly said: readonly Record<string, unknown>[]
  readonly errors: string
}

export interface RecordingChild {
  readonly child: ChildProcess
  readonly ended: Promise<Ended>
  /** Resolves when it has said something. */
  readonly spoke: Promise<void>
}

/** A process of its own that records. */
export function startRecording(args: readonly string[], env: NodeJS.ProcessEnv = {}): RecordingChild {
  const child = spawn(process.execPath, ['--conditions=@counterfoil/source', childFile, ...args], {
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { ...process.env, ...env },
  })
  const out: Buffer[] = []
  const errors: Buffer[] = []
  child.stderr.on('data', (chunk: Buffer) => errors.push(chunk))
  const spoke = new Promise<void>((resolve) => {
    child.stdout.on('data', (chunk: Buffer) => {
      out.push(chunk)
      resolve()
    })
    child.on('close', () => resolve())
  })
  const ended = new Promise<Ended>((resolve) => {
    child.on('close', (code, signal) => {
      const lines = Buffer.concat(out).toString('utf8').split('\n')
      // The last line may be torn.
      const said = lines.slice(0, -1).map((line) => JSON.parse(line) as Record<string, unknown>)
      resolve({ code, signal, said, errors: Buffer.concat(errors).toString('utf8') })
    })
  })
  return { child, ended, spoke }
}

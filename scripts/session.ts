import { spawn } from 'node:child_process'
import { chmod, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises'
import { existsSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { root, toolPath } from './tool.ts'

export interface SessionResult {
  /** Null when it was ended for taking too long. */
  readonly code: number | null
  /** Both streams, in the order of their arrival. */
  readonly output: string
}

const sessionMsMax = 120_000

/** The program as it is built. */
export const programFile = path.join(root, 'packages', 'cli', 'dist', 'main.js')

/**
 * Runs a command as a first-time user would: in a fresh folder that holds `examples/` and nothing else, a fresh home,
 * no COUNTERFOIL_ and no XDG_ variables, the program on the PATH as `counterfoil`. Whatever it leaves running ends with it.
 */
export async function runSession(command: string, args: readonly string[], program: string): Promise<SessionResult> {
  const folder = await mkdtemp(path.join(tmpdir(), 'counterfoil-docs-'))
  const home = await mkdtemp(path.join(tmpdir(), 'counterfoil-home-'))
  try {
    const bin = path.join(home, 'counterfoil')
    await writeFile(bin, `#!/bin/sh\nexec '${process.execPath}' '${program}' "$@"\n`)
    await chmod(bin, 0o755)
    const examples = path.join(root, 'examples')
    if (existsSync(examples)) await symlink(examples, path.join(folder, 'examples'))
    const ours = Object.entries(process.env).filter(
      ([name]) => !/^(COUNTERFOIL_|VITEST|NODE_|FORCE_COLOR|XDG_)/.test(name),
    )
    const env = {
      ...Object.fromEntries(ours),
      HOME: home,
      NO_COLOR: '1',
      PATH: `${home}${path.delimiter}${toolPath()}`,
    }
    return await runGroup(command, args, folder, env)
  } finally {
    await rm(folder, { recursive: true, force: true })
    await rm(home, { recursive: true, force: true })
  }
}

function runGroup(
  command: string,
  args: readonly string[],
  cwd: string,
  env: NodeJS.ProcessEnv,
): Promise<SessionResult> {
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, { cwd, env, detached: true, stdio: ['ignore', 'pipe', 'pipe'] })
    const chunks: Buffer[] = []
    child.stdout.on('data', (chunk: Buffer) => chunks.push(chunk))
    child.stderr.on('data', (chunk: Buffer) => chunks.push(chunk))
    // Detached made it a process group of its own: background servers belong to it and keep the pipes open.
    const endGroup = () => {
      try {
        if (child.pid !== undefined) process.kill(-child.pid, 'SIGKILL')
      } catch {
        // Nothing is left to end.
      }
    }
    const timer = setTimeout(endGroup, sessionMsMax)
    child.on('error', reject)
    child.on('exit', endGroup)
    child.on('close', (code) => {
      clearTimeout(timer)
      resolve({ code, output: Buffer.concat(chunks).toString() })
    })
  })
}

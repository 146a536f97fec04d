import { spawn } from 'node:child_process'
import { existsSync } from 'node:fs'
import path from 'node:path'

/** The repository's own directory. */
export const root = path.dirname(import.meta.dirname)

export interface ToolRun {
  readonly code: number
  /** What the tool wrote, both streams; empty when it wrote to the terminal itself. */
  readonly output: string
}

/**
 * Runs an installed tool (`node_modules/.bin/<name>`) with the Node that runs us, whatever stands on the PATH.
 * Its children find the same Node first.
 */
export function runTool(
  name: string,
  args: readonly string[],
  options: { cwd?: string; inherit?: boolean; env?: NodeJS.ProcessEnv } = {},
): Promise<ToolRun> {
  const bin = path.join(root, 'node_modules', '.bin', name)
  if (!existsSync(bin)) return Promise.resolve({ code: 127, output: `${name} is not installed: run npm ci first.` })
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, [bin, ...args], {
      cwd: options.cwd ?? root,
      env: { ...(options.env ?? process.env), PATH: toolPath() },
      stdio: options.inherit ? ['ignore', 'inherit', 'inherit'] : ['ignore', 'pipe', 'pipe'],
    })
    const chunks: Buffer[] = []
    child.stdout?.on('data', (chunk: Buffer) => chunks.push(chunk))
    child.stderr?.on('data', (chunk: Buffer) => chunks.push(chunk))
    child.on('error', reject)
    child.on('close', (code) => resolve({ code: code ?? 1, output: Buffer.concat(chunks).toString() }))
  })
}

/** A PATH on which this very Node and the installed tools come first. */
export function toolPath(): string {
  const folders = [path.dirname(process.execPath), path.join(root, 'node_modules', '.bin'), process.env['PATH'] ?? '']
  return folders.join(path.delimiter)
}

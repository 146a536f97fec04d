import { readFileSync, statSync, utimesSync, writeFileSync } from 'node:fs'
import { hostname } from 'node:os'
import { join } from 'node:path'

/** The process that writes a spool folder, described so that a later process can tell whether it still lives. */
interface Owner {
  readonly pid: number
  /** When the process started, in the kernel's own count: a pid is given out again. Absent where /proc is. */
  readonly started?: string
  readonly boot?: string
  readonly host: string
}

/** On another machine nobody can be asked: a folder that was not touched for this time has no owner any more. */
const strangerSilenceMs = 10 * 60 * 1000

const fileName = 'owner.json'

/** Writes this process down as the owner of a folder. */
export function takeFolder(folder: string): void {
  writeFileSync(join(folder, fileName), JSON.stringify(thisProcess()), { mode: 0o600 })
}

/** Says that the owner lives, for processes of other machines on the same disk. */
export function touchFolder(folder: string): void {
  const now = new Date()
  try {
    utimesSync(join(folder, fileName), now, now)
  } catch {
    // The folder is gone or the disk refuses: whoever writes next is told.
  }
}

/** Whether the process that wrote a folder may still be writing. In doubt it may. */
export function isOwned(folder: string): boolean {
  const owner = readOwner(folder)
  const here = thisProcess()
  if (owner === undefined || owner.host !== here.host) return wasTouched(folder)
  if (owner.boot !== here.boot) return false
  if (!isRunning(owner.pid)) return false
  return owner.started === undefined || owner.started === startOf(owner.pid)
}

function readOwner(folder: string): Owner | undefined {
  try {
    const owner = JSON.parse(readFileSync(join(folder, fileName), 'utf8')) as Partial<Owner>
    return typeof owner.pid === 'number' && typeof owner.host === 'string' ? (owner as Owner) : undefined
  } catch {
    return undefined
  }
}

/** A folder without a readable owner is one that is just being made, or one that was killed while it was. */
function wasTouched(folder: string): boolean {
  for (const path of [join(folder, fileName), folder]) {
    try {
      return Date.now() - statSync(path).mtimeMs < strangerSilenceMs
    } catch {
      // The next one tells.
    }
  }
  return false
}

function thisProcess(): Owner {
  const started = startOf(process.pid)
  const boot = readText('/proc/sys/kernel/random/boot_id')
  return {
    pid: process.pid,
    host: hostname(),
    ...(started !== undefined && { started }),
    ...(boot !== undefined && { boot }),
  }
}

/** Field 22 of /proc/<pid>/stat, behind the name, which may hold spaces and brackets. */
function startOf(pid: number): string | undefined {
  const stat = readText(`/proc/${pid}/stat`)
  return stat?.slice(stat.lastIndexOf(')') + 2).split(' ')[19]
}

function readText(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8').trim()
  } catch {
    return undefined
  }
}

function isRunning(pid: number): boolean {
  try {
    process.kill(pid, 0)
    return true
  } catch (error) {
    // EPERM: it runs, under another user.
    return (error as NodeJS.ErrnoException).code === 'EPERM'
  }
}

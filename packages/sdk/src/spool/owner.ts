import { readFileSync, readlinkSync, statSync, utimesSync } from 'node:fs'
import { hostname } from 'node:os'
import { join } from 'node:path'
import { writeDurably } from './write-durably.ts'

/** Whose events lie in a folder, so that they never reach another log. */
export interface Destination {
  /** Of the place and the key together. */
  readonly destination: string
  /** A URL or a data directory, for people. */
  readonly place: string
  /** Verifier key of the log, once it is known. */
  readonly log?: string
}

/** The process that writes a spool folder, described so that a later process can tell whether it still lives. */
export interface Owner extends Destination {
  readonly pid: number
  readonly host: string
  /** When the process started, in the kernel's own count: a pid is given out again. Absent where /proc is. */
  readonly started?: string
  readonly boot?: string
  /** Pids mean something within one namespace alone. */
  readonly pids?: string
  /** The process lives, and writes here no more: its recorder was closed. */
  readonly released?: true
}

/** Where nobody can be asked: a folder that was not touched for this time has no owner any more. */
const strangerSilenceMs = 10 * 60 * 1000

const fileName = 'owner.json'

/** Writes this process down as the owner of a folder. */
export function takeFolder(folder: string, destination: Destination): void {
  writeDurably(join(folder, fileName), JSON.stringify({ ...thisProcess(), ...destination }))
}

/** Says that this process writes here no more, so that any other recorder may deliver what is left. */
export function releaseFolder(folder: string, destination: Destination): void {
  writeDurably(join(folder, fileName), JSON.stringify({ ...thisProcess(), ...destination, released: true }))
}

/** Says that the owner lives, for processes that cannot see it. */
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
  if (owner?.released === true) return false
  if (owner === undefined || owner.host !== here.host || owner.pids !== here.pids) {
    // After a new start of this machine none of its processes is left.
    if (owner?.boot !== undefined && owner.host === here.host && owner.boot !== here.boot) return false
    return wasTouched(folder)
  }
  if (owner.boot !== here.boot) return false
  if (!isRunning(owner.pid)) return false
  return owner.started === undefined || owner.started === startOf(owner.pid)
}

export function readOwner(folder: string): Owner | undefined {
  try {
    const owner = JSON.parse(readFileSync(join(folder, fileName), 'utf8')) as Partial<Owner> | null
    const isWhole = typeof owner?.pid === 'number' && typeof owner.destination === 'string'
    return isWhole ? (owner as Owner) : undefined
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

function thisProcess(): Omit<Owner, keyof Destination> {
  const started = startOf(process.pid)
  const boot = readText('/proc/sys/kernel/random/boot_id')
  const pids = readLink('/proc/self/ns/pid')
  return {
    pid: process.pid,
    host: hostname(),
    ...(started !== undefined && { started }),
    ...(boot !== undefined && { boot }),
    ...(pids !== undefined && { pids }),
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

function readLink(path: string): string | undefined {
  try {
    return readlinkSync(path)
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

import { readdirSync, readFileSync } from 'node:fs'

/** Clock ticks a second in /proc; the kernel gives programs 100 on every architecture. */
const ticksPerSecond = 100

/** What a process has used so far. Linux only: elsewhere all of it is empty. */
export interface ProcessCost {
  readonly cpuSeconds: number
  /** By name of the thread; threads of one name together. */
  readonly cpuSecondsByThread: ReadonlyMap<string, number>
  readonly residentBytes: number
}

export function processCost(pid: number): ProcessCost {
  try {
    const byThread = new Map<string, number>()
    for (const thread of readdirSync(`/proc/${pid}/task`)) {
      const { name, cpuSeconds } = readStat(`/proc/${pid}/task/${thread}/stat`)
      byThread.set(name, (byThread.get(name) ?? 0) + cpuSeconds)
    }
    const residentKib = /^VmRSS:\s+(\d+)/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1]
    return {
      cpuSeconds: readStat(`/proc/${pid}/stat`).cpuSeconds,
      cpuSecondsByThread: byThread,
      residentBytes: Number(residentKib ?? 0) * 1024,
    }
  } catch {
    return { cpuSeconds: Number.NaN, cpuSecondsByThread: new Map(), residentBytes: Number.NaN }
  }
}

function readStat(path: string): { name: string; cpuSeconds: number } {
  const text = readFileSync(path, 'utf8')
  // The name stands in parentheses and may hold any character.
  const end = text.lastIndexOf(')')
  const fields = text.slice(end + 2).split(' ')
  const ticks = Number(fields[11]) + Number(fields[12])
  return { name: text.slice(text.indexOf('(') + 1, end), cpuSeconds: ticks / ticksPerSecond }
}

/** Microseconds an event, of the whole process and of each thread that took at least a twentieth of it. */
export function costPerEvent(
  before: ProcessCost,
  after: ProcessCost,
  events: number,
): { all: number; threads: string } {
  const micros = (seconds: number): number => (seconds * 1e6) / events
  const all = micros(after.cpuSeconds - before.cpuSeconds)
  const threads = [...after.cpuSecondsByThread]
    .map(([name, seconds]) => ({ name, cost: micros(seconds - (before.cpuSecondsByThread.get(name) ?? 0)) }))
    .filter(({ cost }) => cost >= all / 20)
    .toSorted((a, b) => b.cost - a.cost)
    .map(({ name, cost }) => `${name} ${cost.toFixed(1)}`)
    .join(', ')
  return { all, threads }
}

import { availableParallelism, cpus, loadavg, release, totalmem, type } from 'node:os'
import { benchFolder } from './folder.ts'
import { fdatasyncMs } from './limits.ts'

/** Where figures come from: they mean little without it. */
export interface Machine {
  readonly processor: string
  readonly cores: number
  readonly memoryGib: number
  readonly system: string
  readonly node: string
  readonly sqlite: string
  readonly fdatasyncMs: number
  /** Of the last minute, before anything was measured: above zero, somebody else was working here too. */
  readonly loadBefore: number
}

export function describeMachine(): Machine {
  using folder = benchFolder()
  return {
    processor: cpus()[0]?.model ?? 'unknown',
    cores: availableParallelism(),
    memoryGib: Math.round(totalmem() / 2 ** 30),
    system: `${type()} ${release()}`,
    node: process.version,
    sqlite: process.versions['sqlite'] ?? 'unknown',
    fdatasyncMs: fdatasyncMs(folder.path),
    loadBefore: loadavg()[0] ?? Number.NaN,
  }
}

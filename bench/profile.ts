/**
 * Where the server's time goes: sends a load to the built server under V8's sampling profiler, and prints for each of
 * its threads the functions with the most time of their own, in microseconds an event. Usage: node bench/profile.ts
 * [batch|single] [events]
 */
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { benchFolder } from './folder.ts'
import { startLoadClient } from './load.ts'
import { startServer } from './server.ts'

interface Profile {
  readonly nodes: readonly { id: number; callFrame: { functionName: string; url: string; lineNumber: number } }[]
  readonly samples: readonly number[]
  readonly timeDeltas: readonly number[]
}

const functionsShown = 25
/** Samples come as signals, which also wake a thread that waits for a lock of SQLite: taken more often, its patience ends early. */
const sampleMicros = 5_000

async function profile(kind: string, events: number): Promise<void> {
  using folder = benchFolder()
  const profiles = join(folder.path, 'profiles')
  let sent = 0
  {
    await using server = await startServer(folder.path, [
      '--cpu-prof',
      `--cpu-prof-dir=${profiles}`,
      `--cpu-prof-interval=${sampleMicros}`,
    ])
    using load = startLoadClient()
    await load.prepare(events, { single: kind === 'single' })
    const result = kind === 'single' ? await load.sendOnSchedule(server, 1_000) : await load.send(server, 4)
    sent = result.events
    await server.settleText()
  }
  for (const file of readdirSync(profiles).toSorted()) print(join(profiles, file), sent)
}

function print(file: string, events: number): void {
  const { nodes, samples, timeDeltas } = JSON.parse(readFileSync(file, 'utf8')) as Profile
  const names = new Map(nodes.map(({ id, callFrame }) => [id, nameOf(callFrame)]))
  const micros = new Map<string, number>()
  for (const [at, id] of samples.entries()) {
    const name = names.get(id) ?? ''
    micros.set(name, (micros.get(name) ?? 0) + (timeDeltas[at] ?? 0))
  }
  const waiting = ['(idle)', '(program)'].map((name) => micros.get(name) ?? 0)
  const busy = [...micros].filter(([name]) => name !== '(idle)').toSorted((a, b) => b[1] - a[1])
  const all = busy.reduce((sum, [, time]) => sum + time, 0)
  const entry = nodes
    .map(({ callFrame: { url } }) => /([a-z]+-worker)\.js$/.exec(url)?.[1])
    .find((name) => name !== undefined)
  process.stdout.write(
    `\n${entry ?? 'main thread'}: ${(all / events).toFixed(1)} µs/event busy, of which ${((waiting[1] ?? 0) / events).toFixed(1)} outside JavaScript\n`,
  )
  for (const [name, time] of busy.slice(0, functionsShown))
    process.stdout.write(`${(time / events).toFixed(2).padStart(8)}  ${name}\n`)
}

function nameOf({ functionName, url, lineNumber }: Profile['nodes'][number]['callFrame']): string {
  const place = url === '' ? '' : `  ${url.split('/').slice(-3).join('/')}:${lineNumber + 1}`
  return `${functionName || '(anonymous)'}${place}`
}

const [kind = 'batch', events = kind === 'single' ? '10000' : '100000'] = process.argv.slice(2)
await profile(kind, Number(events))

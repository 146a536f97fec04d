/** Events recorded, redacted and durable in the spool, by CPU time of the process; beside their bytes written alone. */
import { closeSync, fdatasyncSync, openSync, writeSync } from 'node:fs'
import { join } from 'node:path'
import { benchFolder } from '../folder.ts'
import { makeDrafts, nowhere, openOutbox } from '../recorder.ts'
import { rowOf, sized, type Row, type SuiteOptions } from '../row.ts'

const rounds = 5
const eventsPerBurst = 1_000

interface Rate {
  readonly perCore: number
  readonly perSecond: number
}

export async function run(options: SuiteOptions): Promise<Row[]> {
  const drafts = makeDrafts(sized(options, 50_000, 5_000))
  const texts = drafts.map((draft) => JSON.stringify(draft))
  using folder = benchFolder()
  const spooled: Rate[] = []
  const written: Rate[] = []
  // The first round warms up.
  for (let round = 0; round <= rounds; round++) {
    const outbox = openOutbox(nowhere, join(folder.path, `spool-${round}`))
    const viaSpool = await rateOf(drafts.length, async () => {
      for (let at = 0; at < drafts.length; at += eventsPerBurst) {
        const burst = drafts.slice(at, at + eventsPerBurst).map((draft) => outbox.record(draft))
        await burst.at(-1)?.spooled
      }
    })
    await outbox[Symbol.asyncDispose]()
    const alone = await rateOf(drafts.length, () => writeAlone(join(folder.path, `alone-${round}`), texts))
    if (round === 0) continue
    spooled.push(viaSpool)
    written.push(alone)
  }
  return [
    rowOf(
      'recorded, redacted and durable in the spool, 1 KB, per core (CPU time)',
      'events/s',
      spooled.map(({ perCore }) => perCore),
      {
        limitName: 'the same texts appended and synced, no redaction',
        limit: written.map(({ perCore }) => perCore),
        target: { atLeast: 50_000 },
      },
    ),
    rowOf(
      'the same, by the clock',
      'events/s',
      spooled.map(({ perSecond }) => perSecond),
      {
        limitName: 'the same texts appended and synced, no redaction',
        limit: written.map(({ perSecond }) => perSecond),
      },
    ),
  ]
}

async function rateOf(events: number, work: () => Promise<void> | void): Promise<Rate> {
  const cpu = process.cpuUsage()
  const begun = performance.now()
  await work()
  const { user, system } = process.cpuUsage(cpu)
  return { perCore: (events * 1e6) / (user + system), perSecond: (events * 1e3) / (performance.now() - begun) }
}

function writeAlone(path: string, texts: readonly string[]): void {
  const file = openSync(path, 'w')
  try {
    for (let at = 0; at < texts.length; at += eventsPerBurst) {
      writeSync(file, texts.slice(at, at + eventsPerBurst).join('\n'))
      fdatasyncSync(file)
    }
  } finally {
    closeSync(file)
  }
}

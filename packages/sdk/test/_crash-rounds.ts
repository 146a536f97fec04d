import { setTimeout as delay } from 'node:timers/promises'
import { startRecording } from './_child.ts'
import { createTestLog, instanceOf, openOutbox, processFoldersOf, seqOf, type TestLog } from './_outbox.ts'
import { createProxy, type Proxy } from './_proxy.ts'

/** What came of it. */
export interface CrashReport {
  /** Events that a process called safe before it was killed. */
  readonly safe: number
  /** Those of them that are not in the log. */
  readonly lost: readonly string[]
  /** How many events the log has more than once. */
  readonly twice: number
  /** Processes of which something in between is missing: a kill may cost the end alone. */
  readonly gaps: readonly string[]
  /** What the children said on standard error. */
  readonly errors: readonly string[]
  /** Folders that are left in the spool when all was delivered. */
  readonly left: readonly string[]
}

export const cleanReport = { lost: [], twice: 0, gaps: [], errors: [], left: [] }

/**
 * Kills a recording process at random, again and again, while the way to the log is open, closed, or loses answers, and
 * delivers at last what is left.
 */
export async function crashRounds(rounds: number): Promise<CrashReport> {
  const log = await createTestLog()
  const proxy = await createProxy(log.url)
  try {
    return await killAndDeliver(rounds, log, proxy)
  } finally {
    await proxy[Symbol.asyncDispose]()
    await log[Symbol.asyncDispose]()
  }
}

async function killAndDeliver(rounds: number, log: TestLog, proxy: Proxy): Promise<CrashReport> {
  const spool = log.newSpool()
  const spooled: string[] = []
  const allErrors: string[] = []
  for (let round = 0; round < rounds; round++) {
    disturb(proxy, round % 3)
    const { child, ended, spoke } = startRecording(['forever', spool, proxy.url, log.key])
    await spoke
    await delay(Math.random() * 120)
    child.kill('SIGKILL')
    const { said, errors } = await ended
    if (errors !== '') allErrors.push(errors)
    spooled.push(...said.map((line) => String(line['spooled'])))
  }
  disturb(proxy, 0)
  const last = openOutbox({ url: proxy.url, key: log.key }, spool, { closeWithinMs: 120_000 })
  await last[Symbol.asyncDispose]()

  const events = await log.events()
  const ids = events.map(({ event_id: id }) => String(id))
  const stored = new Set(ids)
  const byInstance = Map.groupBy(events, (event) => instanceOf(event) ?? '')
  return {
    safe: spooled.length,
    lost: spooled.filter((id) => !stored.has(id)),
    twice: ids.length - stored.size,
    gaps: [...byInstance]
      .filter(([, each]) => new Set(each.map(seqOf)).size !== Math.max(...each.map(seqOf)) + 1)
      .map(([instance]) => instance),
    errors: allErrors,
    left: processFoldersOf(spool),
  }
}

function disturb(proxy: Proxy, way: number): void {
  const isClosed = way === 1
  proxy.mischief = isClosed
    ? (_incoming, outgoing) => {
        outgoing.destroy()
        return true
      }
    : undefined
  // The log has it, and nobody hears.
  proxy.forge = way === 2 ? (path, text) => (path === '/v1/events' ? text.slice(0, 20) : text) : undefined
}

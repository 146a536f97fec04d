/** What waiting for the log adds to an action: one event recorded and acknowledged, beside the bare request. */
import { Agent, request } from 'node:http'
import { join } from 'node:path'
import { createEventId } from '@counterfoil/schema'
import { benchFolder } from '../folder.ts'
import { fdatasyncMs } from '../limits.ts'
import { makeDrafts, openOutbox } from '../recorder.ts'
import { quantile, rowOf, sized, type Row, type SuiteOptions } from '../row.ts'
import { startServer, type BenchServer } from '../server.ts'

const rounds = 5

export async function run(options: SuiteOptions): Promise<Row[]> {
  const calls = sized(options, 500, 50)
  using folder = benchFolder()
  const syncs = [fdatasyncMs(folder.path)]
  await using server = await startServer(folder.path)
  await using outbox = openOutbox(server, join(folder.path, 'spool'))
  const drafts = makeDrafts(calls)
  const agent = new Agent({ keepAlive: true, maxSockets: 1 })
  const strict: number[][] = []
  const bare: number[][] = []
  // The first round warms up.
  for (let round = 0; round <= rounds; round++) {
    const confirmed: number[] = []
    for (const draft of drafts) {
      const before = performance.now()
      await outbox.record(draft).confirmed(60_000)
      confirmed.push(performance.now() - before)
    }
    const posted: number[] = []
    for (const draft of drafts) {
      const text = JSON.stringify({ schema_version: '1.0', event_id: createEventId(), ...draft })
      const before = performance.now()
      await post(server, agent, text)
      posted.push(performance.now() - before)
    }
    if (round === 0) continue
    strict.push(confirmed)
    bare.push(posted)
  }
  agent.destroy()
  syncs.push(fdatasyncMs(folder.path))
  const beside = { limitName: 'the bare request, keep-alive' }
  return [
    rowOf('an event recorded and acknowledged, one after another: p50', 'ms', at(0.5, strict), {
      ...beside,
      limit: at(0.5, bare),
      target: { atMost: 3 },
    }),
    rowOf('the same: p99', 'ms', at(0.99, strict), { ...beside, limit: at(0.99, bare) }),
    rowOf('the same: p50', 'ms', at(0.5, strict), { limitName: 'one fdatasync', limit: syncs }),
  ]
}

/** That quantile of each round. */
function at(share: number, roundTimes: readonly number[][]): number[] {
  return roundTimes.map((times) => quantile(times, share))
}

function post({ url, key }: BenchServer, agent: Agent, text: string): Promise<void> {
  return new Promise((resolve, reject) => {
    const headers = { authorization: `Bearer ${key}`, 'content-type': 'application/json' }
    const outgoing = request(`${url}/v1/events`, { method: 'POST', agent, headers }, (incoming) => {
      incoming.resume()
      incoming.on('end', () =>
        incoming.statusCode === 200 ? resolve() : reject(new Error(`the server answered ${incoming.statusCode}`)),
      )
    })
    outgoing.on('error', reject)
    outgoing.end(text)
  })
}

/** One event a request at an even rate, open loop: how long until it is acknowledged. */
import { benchFolder } from '../folder.ts'
import { fdatasyncMs } from '../limits.ts'
import { startLoadClient } from '../load.ts'
import { costPerEvent, processCost } from '../process-cost.ts'
import { quantile, rowOf, sized, type Row, type SuiteOptions } from '../row.ts'
import { startServer } from '../server.ts'

const perSecond = 1_000

export async function run(options: SuiteOptions): Promise<Row[]> {
  const events = sized(options, 20 * perSecond, 2 * perSecond)
  using folder = benchFolder()
  const syncs = [fdatasyncMs(folder.path)]
  await using server = await startServer(folder.path)
  using load = startLoadClient()
  await load.prepare(2 * perSecond, { single: true })
  await load.sendOnSchedule(server, perSecond)
  await load.prepare(events, { single: true })
  const before = processCost(server.pid)
  const sent = await load.sendOnSchedule(server, perSecond)
  const cost = costPerEvent(before, processCost(server.pid), sent.events)
  syncs.push(fdatasyncMs(folder.path))
  const beside = { limitName: 'one fdatasync', limit: syncs }
  const due = sent.latenciesFromDueMs ?? []
  const rate = sent.events / sent.seconds
  return [
    rowOf(
      `one event a request at ${rate.toFixed(0)}/s for ${sent.seconds.toFixed(0)} s, acknowledged: p50`,
      'ms',
      [quantile(sent.latenciesMs, 0.5)],
      {
        ...beside,
        target: { atMost: 2 },
      },
    ),
    rowOf('the same: p99', 'ms', [quantile(sent.latenciesMs, 0.99)], { ...beside, target: { atMost: 15 } }),
    rowOf('the same: worst', 'ms', [quantile(sent.latenciesMs, 1)], beside),
    rowOf('since it was due, with the lateness of the client: p50', 'ms', [quantile(due, 0.5)]),
    rowOf('since it was due, with the lateness of the client: p99', 'ms', [quantile(due, 0.99)]),
    rowOf(`CPU of the server (by thread: ${cost.threads})`, 'µs/event', [cost.all]),
  ]
}

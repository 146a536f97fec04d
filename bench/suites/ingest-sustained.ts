/** Half a minute of batches over HTTP, until the text index has caught up with the last event. */
import { benchFolder } from '../folder.ts'
import { startLoadClient } from '../load.ts'
import { rawSqliteRate, storedGroups } from '../limits.ts'
import { costPerEvent, processCost } from '../process-cost.ts'
import { rowOf, sized, type Row, type SuiteOptions } from '../row.ts'
import { startServer } from '../server.ts'
import { makeBatches } from '../workload.ts'

const connections = 4

export async function run(options: SuiteOptions): Promise<Row[]> {
  const events = sized(options, options.full ? 2_000_000 : 600_000)
  using folder = benchFolder()
  const limit = rawSqliteRate(folder.path, storedGroups(makeBatches(Math.min(events, 100_000))))
  await using server = await startServer(folder.path)
  using load = startLoadClient()
  await load.prepare(events)
  const before = processCost(server.pid)
  const begun = performance.now()
  const sent = await load.send(server, connections)
  const stored = performance.now()
  await server.settleText()
  const settled = performance.now()
  const after = processCost(server.pid)
  const cost = costPerEvent(before, after, sent.events)
  const seconds = (settled - begun) / 1000
  return [
    rowOf(
      `ingest over HTTP for ${seconds.toFixed(0)} s with redaction, text index settled at the end`,
      'events/s',
      [sent.events / seconds],
      {
        limitName: 'the same rows into raw SQLite',
        limit: [limit],
        target: { atLeast: 15_000 },
      },
    ),
    rowOf('  until the last acknowledgement', 'events/s', [(sent.events * 1000) / (stored - begun)]),
    rowOf('  from there until the text index has caught up', 's', [(settled - stored) / 1000]),
    rowOf(`CPU of the server (by thread: ${cost.threads})`, 'µs/event', [cost.all]),
    rowOf('memory of the server at the end', 'MiB', [after.residentBytes / 2 ** 20]),
  ]
}

/** Batches over HTTP into a server process: durable, provable and projected; the text index follows. */
import { benchFolder } from '../folder.ts'
import { rawFileRate, rawSqliteRate, storedGroups } from '../limits.ts'
import { startLoadClient } from '../load.ts'
import { costPerEvent, processCost } from '../process-cost.ts'
import { median, rowOf, sized, type Row, type SuiteOptions } from '../row.ts'
import { startServer } from '../server.ts'
import { makeBatches } from '../workload.ts'

const rounds = 3
const connections = 4

export async function run(options: SuiteOptions): Promise<Row[]> {
  const events = sized(options, options.full ? 300_000 : 100_000)
  const rates: { http: number[]; sqlite: number[]; file: number[] } = { http: [], sqlite: [], file: [] }
  const server: number[] = []
  const client: number[] = []
  let threads = ''
  let bytesPerEvent = 0
  const groups = storedGroups(makeBatches(events))
  for (let round = 0; round < rounds; round += 1) {
    using folder = benchFolder()
    {
      await using running = await startServer(folder.path)
      using load = startLoadClient()
      // A first batch, so that the round does not measure how V8 compiles.
      await load.prepare(sized(options, 20_000))
      await load.send(running, connections)
      await running.settleText()
      await load.prepare(events)
      const before = processCost(running.pid)
      const sent = await load.send(running, connections)
      const cost = costPerEvent(before, processCost(running.pid), sent.events)
      rates.http.push(sent.events / sent.seconds)
      server.push(cost.all)
      client.push((sent.cpuSeconds * 1e6) / sent.events)
      threads = cost.threads
      bytesPerEvent = sent.bytes / sent.events
    }
    rates.sqlite.push(rawSqliteRate(folder.path, groups))
    rates.file.push(rawFileRate(folder.path, groups))
  }
  const name = `ingest over HTTP, ${events} events of ${bytesPerEvent.toFixed(0)} B in batches, ${connections} connections`
  return [
    rowOf(name, 'events/s', rates.http, {
      limitName: 'the same rows into raw SQLite',
      limit: rates.sqlite,
      target: { atLeast: 30_000 },
    }),
    rowOf('the same', 'events/s', rates.http, {
      limitName: 'append + SHA-256 + fdatasync to a file',
      limit: rates.file,
    }),
    rowOf(`CPU of the server (by thread in the last round: ${threads})`, 'µs/event', server),
    rowOf('CPU of the load client', 'µs/event', client),
    rowOf('what both may use on two cores at the rate reached', 'µs/event', [2e6 / median(rates.http)]),
  ]
}

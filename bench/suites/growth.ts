/** The same load at 10⁵, 10⁶ and (full) 10⁷ events: what grows with the log, and what stays flat. */
import { openBareRun } from '../bare-run.ts'
import { benchFolder } from '../folder.ts'
import { startLoadClient } from '../load.ts'
import { processCost } from '../process-cost.ts'
import { median, rowOf, sized, type Row, type SuiteOptions } from '../row.ts'
import { startServer } from '../server.ts'

const connections = 4
const rounds = 3
const opens = 200

export async function run(options: SuiteOptions): Promise<Row[]> {
  const marks = (options.full ? [1e5, 1e6, 1e7] : [1e5, 1e6]).map((mark) => sized(options, mark, mark / 100))
  const eventsPerRound = sized(options, 30_000)
  const fillEvents = sized(options, 100_000)
  using folder = benchFolder()
  await using server = await startServer(folder.path)
  using load = startLoadClient()
  const rows: Row[] = []
  let first: { rate: number; memory: number; open: number } | undefined
  let size = 0
  const send = async (events: number): Promise<number> => {
    await load.prepare(events)
    const sent = await load.send(server, connections)
    size += sent.events
    return sent.events / sent.seconds
  }
  for (const mark of marks) {
    for (
      let missing = mark - rounds * eventsPerRound - size;
      missing > 0;
      missing = mark - rounds * eventsPerRound - size
    )
      await send(Math.min(fillEvents, missing))
    const rates: number[] = []
    for (let round = 0; round < rounds; round += 1) {
      await server.settleText()
      rates.push(await send(eventsPerRound))
    }
    await server.settleText()
    const memory = processCost(server.pid).residentBytes / 2 ** 20
    const open = await openMs(server)
    first ??= { rate: median(rates), memory, open }
    const at = `at ${size} events`
    const beside = (limit: number): { limitName: string; limit: number[] } => ({
      limitName: `at the first mark (${marks[0]} events)`,
      limit: [limit],
    })
    rows.push(
      rowOf(`growth: ingest over HTTP ${at}`, 'events/s', rates, {
        ...beside(first.rate),
        target: { atLeast: first.rate / 1.3 },
      }),
      rowOf(`growth: memory of the server ${at}`, 'MiB', [memory], beside(first.memory)),
      rowOf(`growth: open a run ${at}, p50`, 'ms', [open], beside(first.open)),
    )
  }
  return rows
}

async function openMs(server: { data: string; get(path: string): Promise<unknown> }): Promise<number> {
  using bare = openBareRun(server.data)
  const times: number[] = []
  for (let call = 0; call < opens; call += 1) {
    const begun = performance.now()
    await server.get(`/v1/runs/${bare.runIds[(call * 7_919) % bare.runIds.length] ?? ''}`)
    times.push(performance.now() - begun)
  }
  return median(times)
}

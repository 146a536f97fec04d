/** One run with its six answers, actions and timeline, over HTTP, out of a log with many. */
import { openBareRun } from '../bare-run.ts'
import { benchFolder } from '../folder.ts'
import { startLoadClient } from '../load.ts'
import { quantile, rowOf, sized, type Row, type SuiteOptions } from '../row.ts'
import { startServer } from '../server.ts'

const calls = 600

export async function run(options: SuiteOptions): Promise<Row[]> {
  const events = sized(options, options.full ? 1_000_000 : 150_000)
  using folder = benchFolder()
  await using server = await startServer(folder.path)
  using load = startLoadClient()
  await load.prepare(events)
  await load.send(server, 4)
  await server.settleText()
  using bare = openBareRun(server.data)
  const [opened, read, empty]: [number[], number[], number[]] = [[], [], []]
  let [eventsOfRun, bytes] = [0, 0]
  // Taken in turns, spread over the whole log, after a tenth to warm up.
  for (let call = -calls / 10; call < calls; call += 1) {
    const runId = bare.runIds[((call + calls) * 7_919) % bare.runIds.length] ?? ''
    const begun = performance.now()
    bytes = await server.read(`/v1/runs/${runId}`)
    const answered = performance.now()
    eventsOfRun = bare.read(runId)
    const reread = performance.now()
    await server.read('/healthz')
    if (call < 0) continue
    opened.push(answered - begun)
    read.push(reread - answered)
    empty.push(performance.now() - reread)
  }
  const name = `open a run of ${eventsOfRun} events (${(bytes / 1024).toFixed(0)} KiB) in a log of ${events}, over HTTP`
  return [0.5, 0.95].flatMap((share) => {
    const value = [quantile(opened, share)]
    return [
      rowOf(`${name}: p${share * 100}`, 'ms', value, {
        limitName: 'the same SQL in a bare process',
        limit: [quantile(read, share)],
        target: { atMost: 5 },
      }),
      rowOf('the same', 'ms', value, {
        limitName: 'an empty answer of the same server',
        limit: [quantile(empty, share)],
      }),
    ]
  })
}

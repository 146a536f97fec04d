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
  const [opened, read]: [number[], number[]] = [[], []]
  let eventsOfRun = 0
  // Taken in turns, spread over the whole log, after a tenth to warm up.
  for (let call = -calls / 10; call < calls; call += 1) {
    const runId = bare.runIds[((call + calls) * 7_919) % bare.runIds.length] ?? ''
    const begun = performance.now()
    await server.get(`/v1/runs/${runId}`)
    const answered = performance.now()
    eventsOfRun = bare.read(runId)
    if (call < 0) continue
    opened.push(answered - begun)
    read.push(performance.now() - answered)
  }
  return [0.5, 0.95].map((share) =>
    rowOf(
      `open a run of ${eventsOfRun} events in a log of ${events}, over HTTP: p${share * 100}`,
      'ms',
      [quantile(opened, share)],
      { limitName: 'the same SQL in a bare process', limit: [quantile(read, share)], target: { atMost: 5 } },
    ),
  )
}

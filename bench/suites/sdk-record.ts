/** What recording one event costs the caller, beside an OpenTelemetry span, a line of pino, and its JSON text alone. */
import { join } from 'node:path'
import { setImmediate as nextTurn } from 'node:timers/promises'
import { BasicTracerProvider, BatchSpanProcessor, type SpanExporter } from '@opentelemetry/sdk-trace-base'
import { pino } from 'pino'
import { benchFolder } from '../folder.ts'
import { makeDrafts, openOutbox } from '../recorder.ts'
import { quantile, rowOf, sized, type Row, type SuiteOptions } from '../row.ts'
import { startServer } from '../server.ts'

const rounds = 7
/** Calls in one turn of the event loop; between turns everybody does in the background what they do. */
const callsPerTurn = 50

export async function run(options: SuiteOptions): Promise<Row[]> {
  const calls = sized(options, 5_000, 500)
  using folder = benchFolder()
  await using server = await startServer(folder.path)
  await using outbox = openOutbox(server, join(folder.path, 'spool'))
  const drafts = makeDrafts(calls)
  const pinoFile = pino.destination({ dest: join(folder.path, 'pino.log'), sync: false })
  const logger = pino(pinoFile)
  const provider = new BasicTracerProvider({ spanProcessors: [new BatchSpanProcessor(discard)] })
  const tracer = provider.getTracer('bench')

  let last: ReturnType<typeof outbox.record> | undefined
  const jobs: Readonly<Record<string, (draft: (typeof drafts)[number]) => void>> = {
    record: (draft) => {
      last = outbox.record(draft)
    },
    span: (draft) => {
      const span = tracer.startSpan(draft.event_type)
      span.setAttribute('run', String(draft['run_id']))
      span.setAttribute('payload', JSON.stringify(draft.payload))
      span.end()
    },
    pino: (draft) => logger.info(draft, 'event'),
    text: (draft) => void JSON.stringify(draft),
  }
  const names = Object.keys(jobs)
  const p50 = new Map<string, number[]>(names.map((name) => [name, []]))
  const p99 = new Map<string, number[]>(names.map((name) => [name, []]))
  // The first round warms up.
  for (let round = 0; round <= rounds; round++) {
    for (const name of names) {
      const times = await measure(jobs[name] ?? (() => undefined), drafts)
      await last?.confirmed(60_000)
      if (round === 0) continue
      p50.get(name)?.push(quantile(times, 0.5))
      p99.get(name)?.push(quantile(times, 0.99))
    }
  }
  await provider.shutdown()
  pinoFile.flushSync()
  const recorded = of(p50, 'record')
  return [
    rowOf('record() on the thread of the caller, 1 KB: p50', 'µs', recorded, {
      limitName: 'an OpenTelemetry span with its batch processor',
      limit: of(p50, 'span'),
      target: { atMost: 5 },
    }),
    rowOf('the same', 'µs', recorded, { limitName: 'a line of pino, asynchronous', limit: of(p50, 'pino') }),
    rowOf('the same', 'µs', recorded, { limitName: 'JSON.stringify of the event', limit: of(p50, 'text') }),
    rowOf('record(): p99', 'µs', of(p99, 'record'), {
      limitName: 'an OpenTelemetry span with its batch processor',
      limit: of(p99, 'span'),
    }),
  ]
}

function of(values: ReadonlyMap<string, number[]>, name: string): number[] {
  return values.get(name) ?? []
}

/** Microseconds of each call. */
async function measure<T>(job: (input: T) => void, inputs: readonly T[]): Promise<number[]> {
  const times: number[] = []
  for (const [at, input] of inputs.entries()) {
    if (at % callsPerTurn === 0) await nextTurn()
    const before = performance.now()
    job(input)
    times.push((performance.now() - before) * 1_000)
  }
  await nextTurn()
  return times
}

/** What a span costs here is not what sending it costs. */
const discard: SpanExporter = {
  export: (_spans, done) => done({ code: 0 }),
  shutdown: () => Promise.resolve(),
}

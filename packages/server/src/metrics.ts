import { collectDefaultMetrics, Counter, Gauge, Histogram, Registry } from 'prom-client'

const seconds = [0.001, 0.002, 0.005, 0.015, 0.05, 0.1, 0.25, 1, 5, 30]

/** Figures of the process and of each log, for Prometheus. */
export interface Metrics {
  request(method: string, route: string, status: number, durationMs: number): void
  ingested(
    log: string,
    counts: { stored: number; duplicate: number; rejected: number; bytes: number; size: number },
  ): void
  tailOpened(log: string): void
  tailClosed(log: string): void
  /** The figures of one log, and nothing about any other or about the process. */
  exposeLog(log: string): Promise<string>
  exposeAll(): Promise<string>
  readonly contentType: string
}

export function createMetrics(bodyBytesInFlight: () => number): Metrics {
  const process = new Registry()
  const logs = new Registry()
  collectDefaultMetrics({ register: process })
  const requests = new Counter({
    name: 'counterfoil_http_requests_total',
    help: 'HTTP requests answered',
    labelNames: ['method', 'route', 'status'] as const,
    registers: [process],
  })
  const durations = new Histogram({
    name: 'counterfoil_http_request_seconds',
    help: 'Time from the headers of a request to its answer',
    labelNames: ['route'] as const,
    buckets: seconds,
    registers: [process],
  })
  process.registerMetric(
    new Gauge({
      name: 'counterfoil_http_body_bytes_in_flight',
      help: 'Request bodies in memory',
      registers: [],
      collect() {
        this.set(bodyBytesInFlight())
      },
    }),
  )
  const events = new Counter({
    name: 'counterfoil_events_total',
    help: 'Events received, by what became of them',
    labelNames: ['log', 'result'] as const,
    registers: [logs],
  })
  const bytes = new Counter({
    name: 'counterfoil_ingest_bytes_total',
    help: 'Bytes of event bodies received, after decompression',
    labelNames: ['log'] as const,
    registers: [logs],
  })
  const sizes = new Gauge({
    name: 'counterfoil_log_size',
    help: 'Events in the log at its last acknowledgement through this process',
    labelNames: ['log'] as const,
    registers: [logs],
  })
  const tails = new Gauge({
    name: 'counterfoil_tail_streams',
    help: 'Live streams that are open',
    labelNames: ['log'] as const,
    registers: [logs],
  })
  return {
    contentType: process.contentType,
    request(method, route, status, durationMs) {
      requests.inc({ method, route, status })
      durations.observe({ route }, durationMs / 1000)
    },
    ingested(log, counts) {
      for (const result of ['stored', 'duplicate', 'rejected'] as const) {
        if (counts[result] > 0) events.inc({ log, result }, counts[result])
      }
      bytes.inc({ log }, counts.bytes)
      sizes.set({ log }, counts.size)
    },
    tailOpened: (log) => tails.inc({ log }),
    tailClosed: (log) => tails.dec({ log }),
    exposeLog: async (log) => onlyLog(await logs.metrics(), log),
    exposeAll: async () => `${await process.metrics()}${await logs.metrics()}`,
  }
}

/** Keeps the comments and the samples of one log. Every family of that registry has `log` as its first label. */
function onlyLog(exposition: string, log: string): string {
  const label = `{log="${log.replaceAll('\\', '\\\\').replaceAll('"', '\\"').replaceAll('\n', '\\n')}"`
  return exposition
    .split('\n')
    .filter((line) => line === '' || line.startsWith('#') || line.slice(line.indexOf('{')).startsWith(label))
    .join('\n')
}

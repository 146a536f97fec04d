import {
  EventReportSchema,
  IngestReportSchema,
  type IngestOptions,
  type IngestReport,
  type Log,
} from '@counterfoil/ledger'
import { isCalendarTime, limits, timestampMs } from '@counterfoil/schema'
import type { ServerContext } from '../context.ts'
import { choice, flag } from '../parameters.ts'
import { problemOf, ProblemError, type ProblemOptions } from '../problem.ts'
import { readBody } from '../read-body.ts'
import { defineRoute, json } from '../route.ts'

const sentAtHeader = 'counterfoil-sent-at'

export const appendEvents = defineRoute({
  method: 'POST',
  path: '/v1/events',
  id: 'appendEvents',
  tag: 'events',
  access: 'write',
  summary: 'Store events',
  description:
    'One event, an array of events, or one event a line. An acknowledgement means: on disk, in the Merkle tree, under a signed checkpoint. Each event of a batch has its own result; the same event again is acknowledged again and stored once. A single event that is refused answers with its own problem; a batch of which nothing was stored answers 422 `batch_rejected` with the result of each event.',
  query: {
    proof: flag('adds an inclusion proof to each acknowledgement'),
    atomic: flag('stores all events or none'),
    assurance: choice(['inferred'], 'an importer derived the events: they are graded `inferred`'),
  },
  headers: {
    'Counterfoil-Sent-At': {
      description: "the producer's clock at sending, RFC 3339 in UTC with milliseconds; tells delay from a wrong clock",
      schema: { type: 'string', format: 'date-time' },
    },
    'Content-Encoding': { description: 'gzip or absent', schema: { type: 'string', enum: ['gzip', 'identity'] } },
  },
  body: {
    description: `At most ${limits.batchEventsMax} events and ${limits.batchBytesMax} bytes after decompression.`,
    content: {
      'application/json': {
        oneOf: [
          { $ref: '#/components/schemas/Event' },
          { type: 'array', items: { $ref: '#/components/schemas/Event' }, maxItems: limits.batchEventsMax },
        ],
      },
      'application/x-ndjson': { type: 'string', description: 'one event a line' },
    },
  },
  answers: {
    200: { description: 'At least one event was stored or was there already', schema: IngestReportSchema },
  },
  handle: async ({ http, server, query, principal }) => {
    const { incoming } = http.env
    const format = readFormat(incoming.headers['content-type'])
    const sentAtMs = readSentAt(incoming.headers[sentAtHeader])
    using share = server.budget.open()
    const body = await readBody(incoming, { bytesMax: limits.batchBytesMax, share })
    const log = await server.ledger.log(principal.log)
    const report = await store(server, log, body, {
      principal,
      format,
      ...(query.atomic === undefined ? {} : { atomic: query.atomic }),
      ...(query.proof === undefined ? {} : { proofs: query.proof }),
      ...(query.assurance === undefined ? {} : { inferred: true }),
      ...(sentAtMs === undefined ? {} : { sentAtMs }),
    })
    server.metrics.ingested(principal.log, { ...countResults(report), bytes: body.length, size: report.size })
    if (report.acks.length === 0 && report.rejected.length > 0)
      throw refusal(report, format === 'json' && isObject(body))
    return json(http, report)
  },
})

export const readEvent = defineRoute({
  method: 'GET',
  path: '/v1/events/:id',
  id: 'readEvent',
  tag: 'events',
  access: 'read',
  summary: 'One event, with everything that is needed to check it offline',
  query: { format: choice(['json', 'tlog-proof'], 'tlog-proof answers the C2SP proof file alone') },
  answers: { 200: { description: 'The event', schema: EventReportSchema } },
  handle: async ({ http, server, query, principal }) => {
    const log = await server.ledger.log(principal.log)
    const report = await log.event(http.req.param('id') ?? '')
    if (query.format !== 'tlog-proof') return json(http, report)
    return http.body(report.tlog_proof, 200, { 'content-type': 'text/plain; charset=utf-8' })
  },
})

async function store(server: ServerContext, log: Log, body: Uint8Array, options: IngestOptions): Promise<IngestReport> {
  try {
    const report = await log.ingest(body, options)
    if (report.acks.length > 0) server.writeHealth.succeeded()
    return report
  } catch (error) {
    server.writeHealth.failed(error)
    throw error
  }
}

const mediaTypes: ReadonlyMap<string, 'json' | 'ndjson'> = new Map([
  ['application/json', 'json'],
  ['application/x-ndjson', 'ndjson'],
  ['application/ndjson', 'ndjson'],
  ['application/jsonl', 'ndjson'],
])

function readFormat(contentType: string | undefined): 'json' | 'ndjson' {
  if (contentType === undefined || contentType === 'application/json') return 'json'
  const [mediaType = '', ...parameters] = contentType.toLowerCase().split(';')
  const format = mediaTypes.get(mediaType.trim())
  const isUtf8 = parameters.every(
    (parameter) => !/^\s*charset\s*=/.test(parameter) || /=\s*"?utf-?8"?\s*$/.test(parameter),
  )
  if (format !== undefined && isUtf8) return format
  throw new ProblemError(
    'media_type_unsupported',
    'Content-Type may be application/json (one event or an array) or application/x-ndjson (one event a line), in UTF-8.',
    { parameter: 'content-type', headers: { accept: [...mediaTypes.keys()].slice(0, 2).join(', ') } },
  )
}

function readSentAt(header: string | readonly string[] | undefined): number | undefined {
  if (header === undefined) return undefined
  if (typeof header === 'string' && /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/.test(header) && isCalendarTime(header)) {
    const ms = timestampMs(header)
    if (Number.isFinite(ms)) return ms
  }
  throw new ProblemError('header_invalid', 'Counterfoil-Sent-At must be a time like 2026-01-31T12:00:00.000Z.', {
    parameter: sentAtHeader,
  })
}

function countResults(report: IngestReport): { stored: number; duplicate: number; rejected: number } {
  let duplicate = 0
  for (const ack of report.acks) if (ack.status === 'duplicate') duplicate++
  return { stored: report.acks.length - duplicate, duplicate, rejected: report.rejected.length }
}

/** Whether the first character that is no white space opens an object. */
function isObject(body: Uint8Array): boolean {
  for (const byte of body) {
    if (byte !== 0x20 && byte !== 0x0a && byte !== 0x0d && byte !== 0x09) return byte !== 0x5b
  }
  return true
}

/** A client that looks at the status alone must not take "nothing was stored" for success. */
function refusal(report: IngestReport, isSingle: boolean): ProblemError {
  const [first] = report.rejected
  const members: ProblemOptions = { members: { acks: report.acks, rejected: report.rejected, size: report.size } }
  if (isSingle && first !== undefined && report.rejected.length === 1) {
    return problemOf(first.code, first.message, { ...members, pointer: first.pointer })
  }
  return new ProblemError(
    'batch_rejected',
    `None of ${report.rejected.length} events was stored; "rejected" tells why.`,
    members,
  )
}

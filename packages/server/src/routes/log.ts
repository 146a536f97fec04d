import { ConsistencyProofSchema, InclusionProofSchema, LogReportSchema } from '@counterfoil/ledger'
import { Type } from 'typebox'
import { decodeUtf8 } from '@counterfoil/schema/json'
import { noteBytesMax } from '@counterfoil/tlog'
import { integer, text } from '../parameters.ts'
import { ProblemError } from '../problem.ts'
import { publicId } from '../public-logs.ts'
import { readBody } from '../read-body.ts'
import { defineRoute, json, type HttpContext } from '../route.ts'
import type { ServerContext } from '../context.ts'

const textPlain = 'text/plain; charset=utf-8'

export const readLog = defineRoute({
  method: 'GET',
  path: '/v1/log',
  id: 'readLog',
  tag: 'log',
  access: 'any',
  summary: 'The log of the key: origin, verifier keys, size, and where its tiles are',
  answers: {
    200: {
      description: 'The log',
      schema: {
        ...LogReportSchema,
        properties: {
          ...LogReportSchema.properties,
          tiles: {
            type: 'string',
            format: 'uri',
            description: 'base URL of `checkpoint` and `tile/<L>/<N>[.p/<W>]` (C2SP tlog-tiles)',
          },
        },
        required: [...LogReportSchema.required, 'tiles'],
      },
    },
  },
  handle: async ({ http, server, principal }) => {
    const report = await (await server.ledger.log(principal.log)).report()
    return json(http, { ...report, tiles: `${baseUrl(http, server)}/tlog/${publicId(report.origin)}` })
  },
})

/** The configured URL, or the one that this client used: only the client itself is told. */
function baseUrl(http: HttpContext, { config }: ServerContext): string {
  if (config.publicUrl !== undefined) return config.publicUrl
  const { host } = http.env.incoming.headers
  const { localAddress = config.host, localPort = config.port } = http.env.incoming.socket
  const isPlain = host !== undefined && /^(\[[0-9a-fA-F:.]+\]|[0-9A-Za-z._-]+)(:[0-9]{1,5})?$/.test(host)
  return `http://${isPlain ? host : `${localAddress.includes(':') ? `[${localAddress}]` : localAddress}:${localPort}`}`
}

export const readCheckpoint = defineRoute({
  method: 'GET',
  path: '/v1/log/checkpoint',
  id: 'readCheckpoint',
  tag: 'log',
  access: 'any',
  summary: 'The newest checkpoint, a C2SP signed note',
  answers: { 200: { description: 'The signed note', mediaType: 'text/plain', schema: { type: 'string' } } },
  handle: async ({ http, server, principal }) => {
    const checkpoint = await (await server.ledger.log(principal.log)).checkpoint()
    if (checkpoint === undefined) throw new ProblemError('not_found', 'The log is empty: nothing has been signed yet.')
    return http.body(checkpoint, 200, { 'content-type': textPlain })
  },
})

export const presentCheckpoint = defineRoute({
  method: 'POST',
  path: '/v1/log/checkpoint',
  id: 'presentCheckpoint',
  tag: 'log',
  access: 'any',
  summary: 'Present a checkpoint that this log signed earlier: every client is a small witness',
  description:
    'A checkpoint of this log that is larger than the log, or that signs another root, proves that the log was rolled back or rewritten. The answer is then `behind`, and the log takes no more writes.',
  body: { description: 'The signed note, as it was given out', content: { 'text/plain': { type: 'string' } } },
  answers: {
    200: {
      description: 'What the log makes of it',
      schema: Type.Object({ status: Type.Enum(['known', 'behind']) }),
    },
  },
  handle: async ({ http, server, principal }) => {
    using share = server.budget.open()
    const note = decodeUtf8(await readBody(http.env.incoming, { bytesMax: noteBytesMax, share }))
    const log = await server.ledger.log(principal.log)
    return json(http, { status: await log.witness(note) })
  },
})

export const proveInclusion = defineRoute({
  method: 'GET',
  path: '/v1/log/proof/inclusion',
  id: 'proveInclusion',
  tag: 'log',
  access: 'any',
  summary: 'Proof that an entry is in the tree (RFC 6962 section 2.1.1)',
  query: {
    index: integer('position of the entry; this or `event_id`'),
    event_id: text('the event, in place of `index`', 128),
    size: integer('tree size; by default the newest', 1),
  },
  answers: { 200: { description: 'The proof', schema: InclusionProofSchema } },
  handle: async ({ http, server, query, principal }) => {
    if ((query.index === undefined) === (query.event_id === undefined)) {
      throw new ProblemError('parameter_invalid', 'Give either index or event_id.', { parameter: 'index' })
    }
    const log = await server.ledger.log(principal.log)
    const known = query.event_id === undefined ? undefined : (await log.event(query.event_id)).proof
    if (known !== undefined && query.size === undefined) return json(http, known)
    return json(http, await log.inclusionProof(known?.index ?? query.index ?? 0, query.size))
  },
})

export const proveConsistency = defineRoute({
  method: 'GET',
  path: '/v1/log/proof/consistency',
  id: 'proveConsistency',
  tag: 'log',
  access: 'any',
  summary: 'Proof that a tree is a continuation of an earlier one (RFC 6962 section 2.1.2)',
  query: {
    from: integer('the earlier size', 1),
    to: integer('the later size; by default the newest', 1),
  },
  answers: { 200: { description: 'The proof', schema: ConsistencyProofSchema } },
  handle: async ({ http, server, query, principal }) => {
    if (query.from === undefined) throw new ProblemError('parameter_invalid', 'from is needed.', { parameter: 'from' })
    const log = await server.ledger.log(principal.log)
    return json(http, await log.consistencyProof(query.from, query.to))
  },
})

import type { ServerResponse } from 'node:http'
import { RESPONSE_ALREADY_SENT } from '@hono/node-server/utils/response'
import { createRunFilter, type Log, type RunFilter } from '@counterfoil/ledger'
import { queryLimits } from '@counterfoil/schema/query'
import type { ServerContext } from '../context.ts'
import { integer, text } from '../parameters.ts'
import { ProblemError } from '../problem.ts'
import { defineRoute } from '../route.ts'
import { explainingQuery } from '../query-problem.ts'

/** A key that was revoked by another process loses its streams within this time and that of the key cache. */
const keyCheckMs = 1_000

const headers = {
  'content-type': 'text/event-stream',
  'cache-control': 'no-store',
  'x-accel-buffering': 'no',
}

export const followTail = defineRoute({
  method: 'GET',
  path: '/v1/tail',
  id: 'followTail',
  tag: 'reading',
  access: 'read',
  summary: 'Live entries as server-sent events',
  description:
    'Each event carries a leaf, exactly as hashed, and its index as `id`: a client that reconnects with `Last-Event-ID` misses nothing and sees nothing twice. A reader that is too slow is cut off and may resume.',
  query: {
    q: text('only entries of runs that this query finds', queryLimits.textCodeUnitsMax),
    from: integer('first index; by default the next one to be written'),
  },
  headers: {
    'Last-Event-ID': { description: 'the last index seen; goes before `from`', schema: { type: 'string' } },
  },
  answers: { 200: { description: 'The stream', mediaType: 'text/event-stream', schema: { type: 'string' } } },
  handle: async ({ http, server, query, principal }) => {
    const { incoming, outgoing } = http.env
    const log = await server.ledger.log(principal.log)
    const { q = '' } = query
    const isWanted = q === '' ? undefined : await explainingQuery(() => createRunFilter(log, q))
    const { size } = await log.report()
    const from = readLastEventId(incoming.headers['last-event-id']) ?? query.from ?? size
    if (from > size) {
      throw new ProblemError(
        'tail_beyond_end',
        `The log has ${size} entries, and ${from} is beyond them. If you have seen entry ${from - 1}, this is an older copy of the log: present your checkpoint.`,
      )
    }
    if (incoming.method === 'HEAD' || !('assignSocket' in outgoing)) return http.body(null, 200, headers)
    const place = server.tails.open(principal.log, principal.keyId)
    server.metrics.tailOpened(principal.log)
    const stillValid = async (): Promise<void> => {
      await server.authenticator.authenticate(incoming.headers.authorization)
    }
    outgoing.writeHead(200, headers)
    outgoing.write('retry: 2000\n\n')
    outgoing.once('close', place.close)
    // A write that meets a closed connection must not end the process.
    outgoing.on('error', place.close)
    follow({ server, log, outgoing, from, isWanted, signal: place.signal, end: place.close, stillValid })
      .catch((error: unknown) => {
        server.logger.error({ err: error, route: '/v1/tail' }, 'a live stream failed')
        outgoing.destroy()
      })
      .finally(() => {
        place.close()
        server.metrics.tailClosed(principal.log)
      })
    return RESPONSE_ALREADY_SENT
  },
})

function readLastEventId(header: string | string[] | undefined): number | undefined {
  if (header === undefined || header === '') return undefined
  if (typeof header === 'string' && /^[0-9]{1,15}$/.test(header)) return Number(header) + 1
  throw new ProblemError('header_invalid', 'Last-Event-ID must be the id of an event of this stream.', {
    parameter: 'last-event-id',
  })
}

interface Following {
  readonly server: ServerContext
  readonly log: Log
  readonly outgoing: ServerResponse
  readonly from: number
  /** Absent when everything is wanted. */
  readonly isWanted: RunFilter | undefined
  readonly signal: AbortSignal
  readonly end: () => void
  /** Rejects when the key was revoked. */
  readonly stillValid: () => Promise<void>
}

/** Writes entries as fast as the reader takes them; what waits is one entry, the rest stays in the log. */
async function follow({ server, log, outgoing, from, isWanted, signal, end, stillValid }: Following): Promise<void> {
  const { tailHeartbeatMs, tailStallMs } = server.config
  const heartbeat = setInterval(() => {
    if (outgoing.writableLength === 0) outgoing.write(':\n\n')
  }, tailHeartbeatMs)
  const keyCheck = setInterval(() => void stillValid().catch(end), keyCheckMs)
  try {
    for await (const { index, leaf } of log.tail({ from, signal })) {
      if (signal.aborted) break
      if (isWanted !== undefined && !(await isWanted(leaf))) continue
      if (!outgoing.write(`id: ${index}\ndata: ${leaf}\n\n`) && !(await isDrained(outgoing, signal, tailStallMs))) break
    }
  } catch (error) {
    if (!signal.aborted) throw error
  } finally {
    clearInterval(heartbeat)
    clearInterval(keyCheck)
    if (outgoing.writableNeedDrain) outgoing.destroy()
    else outgoing.end()
  }
}

/** Waits until the reader has taken what was written; false when it did not, or when the stream was ended. */
async function isDrained(outgoing: ServerResponse, signal: AbortSignal, stallMs: number): Promise<boolean> {
  return new Promise((resolve) => {
    const finish = (drained: boolean): void => {
      clearTimeout(timer)
      outgoing.removeListener('drain', onDrain)
      signal.removeEventListener('abort', onAbort)
      resolve(drained)
    }
    const onDrain = (): void => finish(true)
    const onAbort = (): void => finish(false)
    const timer = setTimeout(onAbort, stallMs)
    outgoing.once('drain', onDrain)
    signal.addEventListener('abort', onAbort)
    if (signal.aborted) finish(false)
  })
}

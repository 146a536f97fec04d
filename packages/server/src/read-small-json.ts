import type { IncomingMessage } from 'node:http'
import { EventError } from '@counterfoil/schema'
import { decodeUtf8, isJsonObject, parseJson, type JsonObject } from '@counterfoil/schema/json'
import type { ServerContext } from './context.ts'
import { ProblemError } from './problem.ts'
import { readBody } from './read-body.ts'

const bytesMax = 16 * 1024

/** Reads the body of an administrative request: one small JSON object. */
export async function readSmallJson(incoming: IncomingMessage, server: ServerContext): Promise<JsonObject> {
  const mediaType = incoming.headers['content-type']?.split(';')[0]?.trim().toLowerCase() ?? 'application/json'
  if (mediaType !== 'application/json') {
    throw new ProblemError('media_type_unsupported', 'Content-Type must be application/json.', {
      parameter: 'content-type',
    })
  }
  using share = server.budget.open()
  const value = parseJson(decodeUtf8(await readBody(incoming, { bytesMax, share })), { depthMax: 4 })
  if (!isJsonObject(value)) throw new EventError('not_an_object', '', 'The body is a JSON object.')
  return value
}

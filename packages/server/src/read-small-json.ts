import type { IncomingMessage } from 'node:http'
import { EventError } from '@counterfoil/schema'
import { decodeUtf8, isJsonObject, parseJson, type JsonObject } from '@counterfoil/schema/json'
import type { ServerContext } from './context.ts'
import { ProblemError } from './problem.ts'
import { readBody } from './read-body.ts'

const bytesMax = 16 * 1024

/** Reads the body of an administrative request: one small JSON object; where it `mayBeAbsent`, no body is an empty one. */
export async function readSmallJson(
  incoming: IncomingMessage,
  server: ServerContext,
  options: { readonly mayBeAbsent?: boolean } = {},
): Promise<JsonObject> {
  const mediaType = incoming.headers['content-type']?.split(';')[0]?.trim().toLowerCase() ?? 'application/json'
  if (mediaType !== 'application/json') {
    throw new ProblemError('media_type_unsupported', 'Content-Type must be application/json.', {
      parameter: 'content-type',
    })
  }
  using share = server.budget.open()
  const body = await readBody(incoming, { bytesMax, share })
  if (body.length === 0 && options.mayBeAbsent === true) return {}
  const value = parseJson(decodeUtf8(body), { depthMax: 4 })
  if (!isJsonObject(value)) throw new EventError('not_an_object', '', 'The body is a JSON object.')
  return value
}

import { parseTilePath, tileWidth, TlogError, type Tile } from '@counterfoil/tlog'
import type { Log } from '@counterfoil/ledger'
import type { ServerContext } from '../context.ts'
import { ProblemError } from '../problem.ts'
import { defineRoute, type HttpContext } from '../route.ts'

/**
 * Standard clients fetch tiles without credentials. Hashes and the signed head hold no content, and the path is known
 * only to who knows the origin; a key of another log is refused all the same.
 */
async function openPublicLog(http: HttpContext, server: ServerContext): Promise<Log> {
  const name = await server.publicLogs.find(http.req.param('id') ?? '')
  const { authorization } = http.env.incoming.headers
  if (authorization !== undefined) {
    const principal = await server.authenticator.authenticate(authorization)
    if (principal.log !== name) throw new ProblemError('log_forbidden', 'These tiles are of another log than the key.')
  }
  if (name === undefined) throw new ProblemError('log_unknown', 'No log is published here.')
  return server.ledger.log(name)
}

export const readPublicCheckpoint = defineRoute({
  method: 'GET',
  path: '/tlog/:id/checkpoint',
  id: 'readPublicCheckpoint',
  tag: 'log',
  access: 'public',
  summary: 'The newest checkpoint, for standard C2SP clients',
  answers: { 200: { description: 'The signed note', mediaType: 'text/plain', schema: { type: 'string' } } },
  handle: async ({ http, server }) => {
    const log = await openPublicLog(http, server)
    const checkpoint = await log.checkpoint()
    if (checkpoint === undefined) throw new ProblemError('not_found', 'The log is empty: nothing has been signed yet.')
    return http.body(checkpoint, 200, { 'content-type': 'text/plain; charset=utf-8' })
  },
})

export const readTile = defineRoute({
  method: 'GET',
  path: '/tlog/:id/tile/:level/:path{.+}',
  id: 'readTile',
  tag: 'log',
  access: 'public',
  summary: 'A tile of hashes (C2SP tlog-tiles); entry bundles are not published',
  description: '`path` is `<N>` or `<N>.p/<W>`, where N is written in groups of three digits, as `x001/x234/067`.',
  answers: {
    200: {
      description: '32 bytes a hash',
      mediaType: 'application/octet-stream',
      schema: { type: 'string', contentMediaType: 'application/octet-stream' },
    },
  },
  handle: async ({ http, server }) => {
    const log = await openPublicLog(http, server)
    const tile = readTilePath(`tile/${http.req.param('level') ?? ''}/${http.req.param('path') ?? ''}`)
    const bytes = await log.tile(tile.level, tile.index, tile.width)
    const seconds = tile.width === tileWidth ? 31_536_000 : 3_600
    return http.body(new Uint8Array(bytes), 200, {
      'content-type': 'application/octet-stream',
      'cache-control': `public, max-age=${seconds}, immutable`,
    })
  },
})

function readTilePath(path: string): Tile {
  try {
    return parseTilePath(path)
  } catch (error) {
    if (!(error instanceof TlogError)) throw error
    throw new ProblemError('tile_unavailable', 'A tile path is tile/<L>/<N> or tile/<L>/<N>.p/<W>.', { cause: error })
  }
}

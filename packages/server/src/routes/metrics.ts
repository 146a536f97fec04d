import { hash, timingSafeEqual } from 'node:crypto'
import { readBearer, requireAccess } from '../auth.ts'
import { defineRoute } from '../route.ts'

export const readMetrics = defineRoute({
  method: 'GET',
  path: '/metrics',
  id: 'readMetrics',
  tag: 'operation',
  access: 'own',
  summary: 'Figures for Prometheus',
  description:
    'With the metrics token of the server: all figures. With a key of scope read: those of its log alone, and those of the process too while the server holds no other log.',
  answers: { 200: { description: 'Text exposition format', mediaType: 'text/plain', schema: { type: 'string' } } },
  handle: async ({ http, server }) => {
    const { authorization } = http.env.incoming.headers
    const headers = { 'content-type': server.metrics.contentType }
    if (isToken(readBearer(authorization), server.config.metricsToken)) {
      return http.body(await server.metrics.exposeAll(), 200, headers)
    }
    const principal = await server.authenticator.authenticate(authorization)
    requireAccess(principal, 'read')
    const isAlone = (await server.ledger.logs()).length === 1
    const text = isAlone ? await server.metrics.exposeAll() : await server.metrics.exposeLog(principal.log)
    return http.body(text, 200, headers)
  },
})

/** Compares digests, so that the time taken tells nothing about the token. */
function isToken(given: string | undefined, token: string | undefined): boolean {
  if (given === undefined || token === undefined) return false
  return timingSafeEqual(hash('sha256', given, 'buffer'), hash('sha256', token, 'buffer'))
}

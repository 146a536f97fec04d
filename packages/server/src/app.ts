import type { HttpBindings } from '@hono/node-server'
import { Hono } from 'hono'
import { requireAccess } from './auth.ts'
import type { ServerContext } from './context.ts'
import { readParameters, type Parameters } from './parameters.ts'
import { isLoad } from './problem-table.ts'
import { problemDocument, problemHeaders, ProblemError, toProblem } from './problem.ts'
import type { Access, AnyRoute, Call, HttpContext } from './route.ts'
import { routes } from './routes/index.ts'

export type App = Hono<{ Bindings: HttpBindings }>

/** The HTTP application: the route table, and nothing that is not in it. */
export function createApp(server: ServerContext): App {
  const app: App = new Hono()
  const methodsByPath = new Map<string, string[]>()
  for (const route of routes) {
    app.on(route.method, route.path, (http) => answerRoute(server, route, http))
    methodsByPath.set(route.path, [...(methodsByPath.get(route.path) ?? []), route.method])
  }
  for (const [path, methods] of methodsByPath) {
    const allow = [...methods, ...(methods.includes('GET') ? ['HEAD'] : []), 'OPTIONS'].join(', ')
    app.all(path, (http) => {
      if (http.req.method === 'OPTIONS') return http.body(null, 204, { allow })
      const problem = new ProblemError('method_not_allowed', `Allowed here: ${allow}.`, { headers: { allow } })
      return answerProblem(server, http, problem)
    })
  }
  app.notFound((http) =>
    answerProblem(server, http, new ProblemError('route_unknown', 'GET /v1/openapi.json lists the routes.')),
  )
  app.onError((error, http) => answerProblem(server, http, error))
  return app
}

/** Everything between a request and its handler: one function and no chain, because events come this way too. */
async function answerRoute(server: ServerContext, route: AnyRoute, http: HttpContext): Promise<Response> {
  const startMs = performance.now()
  const { incoming } = http.env
  let response: Response
  try {
    if (server.stopping.signal.aborted) {
      throw new ProblemError('shutting_down', '', { headers: { connection: 'close' } })
    }
    checkPath(incoming.url ?? '')
    const { access } = route
    let principal: Call<Parameters, Access>['principal']
    if (access !== 'public' && access !== 'own') {
      principal = await server.authenticator.authenticate(incoming.headers.authorization)
      requireAccess(principal, access)
    }
    const query = readParameters(incoming.url ?? '', route.query ?? {})
    response = await route.handle({ http, server, query, principal })
  } catch (error) {
    response = answerProblem(server, http, error)
  }
  server.metrics.request(route.method, route.path, response.status, performance.now() - startMs)
  return response
}

/** Half a character in a path names nothing, and is not looked up as if it did. */
function checkPath(target: string): void {
  if (!target.includes('%')) return
  try {
    decodeURIComponent(target.split('?', 1)[0] ?? '')
  } catch (error) {
    throw new ProblemError('url_invalid', 'The path is not valid percent-encoded UTF-8.', { cause: error })
  }
}

function answerProblem(server: ServerContext, http: HttpContext, error: unknown): Response {
  const problem = toProblem(error)
  const document = problemDocument(problem)
  if (document.status >= 500) {
    const { instance, code } = document
    const entry = { instance, code, err: problem.options.cause, method: http.req.method, path: http.req.path }
    // What clients bring about by asking for too much is news, not a fault of the server.
    server.logger[isLoad(code) ? 'info' : 'error'](entry, document.title)
  }
  return http.body(JSON.stringify(document), document.status as 500, problemHeaders(problem))
}

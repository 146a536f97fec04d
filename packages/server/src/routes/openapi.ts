import { createDocument } from '../openapi.ts'
import { defineRoute, type AnyRoute } from '../route.ts'

/** The route that describes all routes, itself among them. */
export function openApiRoute(routes: () => readonly AnyRoute[]): AnyRoute {
  let cached: Promise<string> | undefined
  return defineRoute({
    method: 'GET',
    path: '/v1/openapi.json',
    id: 'readOpenApi',
    tag: 'operation',
    access: 'public',
    summary: 'This description (OpenAPI 3.1)',
    answers: { 200: { description: 'The document', schema: { type: 'object' } } },
    handle: async ({ http }) => {
      cached ??= createDocument(routes()).then((document) => JSON.stringify(document))
      return http.body(await cached, 200, {
        'content-type': 'application/json',
        'cache-control': 'public, max-age=300',
      })
    },
  })
}

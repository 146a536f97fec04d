import { scopes } from '@counterfoil/ledger'
import { limits, reservedTypes } from '@counterfoil/schema'
import { queryKeys } from '@counterfoil/schema/query'
import { acceptedVersions } from '@counterfoil/schema/validate'
import { publishedEvents } from '../published-events.ts'
import { problemTable } from '../problem-table.ts'
import { defineRoute } from '../route.ts'

export const readSchema = defineRoute({
  method: 'GET',
  path: '/v1/schema',
  id: 'readSchema',
  tag: 'operation',
  access: 'public',
  summary: 'The contract: event types with their JSON Schemas, versions, limits, query keys, error codes',
  answers: {
    200: {
      description: 'The contract of this server',
      schema: {
        type: 'object',
        required: ['versions', 'events', 'reserved', 'limits', 'scopes', 'query_keys', 'problems'],
        properties: {
          versions: { type: 'array', items: { type: 'string' } },
          events: { type: 'array', items: { type: 'object' } },
          reserved: { type: 'array', items: { type: 'string' } },
          limits: { type: 'object', additionalProperties: { type: 'integer' } },
          scopes: { type: 'array', items: { type: 'string' } },
          query_keys: { type: 'array', items: { type: 'object' } },
          problems: { type: 'array', items: { type: 'object' } },
        },
      },
    },
  },
  handle: ({ http }) =>
    http.body(contract(), 200, { 'content-type': 'application/json', 'cache-control': 'public, max-age=300' }),
})

let cached: string | undefined

function contract(): string {
  cached ??= JSON.stringify({
    versions: acceptedVersions,
    events: publishedEvents(),
    reserved: reservedTypes,
    limits,
    scopes,
    query_keys: queryKeys,
    problems: Object.entries(problemTable).map(([code, { status, title }]) => ({ code, status, title })),
  })
  return cached
}

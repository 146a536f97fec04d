import { ApiKeySchema, scopes, type Scope } from '@counterfoil/ledger'
import { EventError } from '@counterfoil/schema'
import type { JsonObject } from '@counterfoil/schema/json'
import { ProblemError } from '../problem.ts'
import { readSmallJson } from '../read-small-json.ts'
import { defineRoute, json } from '../route.ts'

const KeyRequest = {
  type: 'object',
  required: ['scopes'],
  additionalProperties: false,
  properties: {
    name: { type: 'string', minLength: 1, maxLength: 100 },
    scopes: { type: 'array', minItems: 1, uniqueItems: true, items: { enum: [...scopes] } },
  },
}

const CreatedKey = {
  type: 'object',
  required: ['key', 'report'],
  properties: { key: { type: 'string', description: 'shown this one time' }, report: ApiKeySchema },
}

export const listKeys = defineRoute({
  method: 'GET',
  path: '/v1/keys',
  id: 'listKeys',
  tag: 'administration',
  access: 'admin',
  summary: 'The keys of the log, without their secrets',
  answers: {
    200: {
      description: 'The keys',
      schema: { type: 'object', required: ['keys'], properties: { keys: { type: 'array', items: ApiKeySchema } } },
    },
  },
  handle: async ({ http, server, principal }) => json(http, { keys: await server.ledger.keys.list(principal.log) }),
})

export const createKey = defineRoute({
  method: 'POST',
  path: '/v1/keys',
  id: 'createKey',
  tag: 'administration',
  access: 'admin',
  summary: 'Make a key for the log; it is shown this one time',
  body: { description: 'What the key may do', content: { 'application/json': KeyRequest } },
  answers: { 201: { description: 'The key', schema: CreatedKey } },
  handle: async ({ http, server, principal }) => {
    const request = readKeyRequest(await readSmallJson(http.env.incoming, server))
    return json(http, await server.ledger.keys.create({ log: principal.log, ...request }), 201)
  },
})

export const revokeKey = defineRoute({
  method: 'DELETE',
  path: '/v1/keys/:id',
  id: 'revokeKey',
  tag: 'administration',
  access: 'admin',
  summary: 'Revoke a key; its live streams end',
  answers: { 204: { description: 'Revoked, now or before' } },
  handle: async ({ http, server, principal }) => {
    const id = http.req.param('id') ?? ''
    const keys = await server.ledger.keys.list(principal.log)
    if (!keys.some((key) => key.id === id)) throw new ProblemError('api_key_unknown', 'This log has no such key.')
    await server.ledger.keys.revoke(id)
    server.authenticator.forget()
    server.tails.endKey(id)
    return http.body(null, 204)
  },
})

function readKeyRequest(value: JsonObject): { scopes: Scope[]; name?: string } {
  for (const field of Object.keys(value)) {
    if (field !== 'name' && field !== 'scopes') {
      throw new EventError('field_unknown', '', 'A key has a name and scopes; its log is that of the key that asks.')
    }
  }
  const { name, scopes: wanted } = value
  if (name !== undefined && (typeof name !== 'string' || name === '' || name.length > 100)) {
    throw new EventError('field_invalid', '/name', 'name is a text of 1 to 100 characters.')
  }
  if (wanted === undefined) throw new EventError('field_missing', '/scopes', `scopes is missing: ${scopes.join(', ')}.`)
  const known = Array.isArray(wanted) ? scopes.filter((scope) => wanted.includes(scope)) : []
  if (!Array.isArray(wanted) || known.length === 0 || known.length !== wanted.length) {
    throw new EventError('field_invalid', '/scopes', `scopes is a list of some of ${scopes.join(', ')}, each once.`)
  }
  return { scopes: known, ...(name === undefined ? {} : { name }) }
}

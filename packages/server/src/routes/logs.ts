import { LogReportSchema } from '@counterfoil/ledger'
import { EventError } from '@counterfoil/schema'
import { ProblemError } from '../problem.ts'
import { readSmallJson } from '../read-small-json.ts'
import { defineRoute, json } from '../route.ts'

export const listLogs = defineRoute({
  method: 'GET',
  path: '/v1/logs',
  id: 'listLogs',
  tag: 'administration',
  access: 'admin',
  summary: 'The logs that the key may see: its own',
  answers: {
    200: {
      description: 'The logs',
      schema: { type: 'object', required: ['logs'], properties: { logs: { type: 'array', items: LogReportSchema } } },
    },
  },
  handle: async ({ http, server, principal }) =>
    json(http, { logs: [await (await server.ledger.log(principal.log)).report()] }),
})

export const createLog = defineRoute({
  method: 'POST',
  path: '/v1/logs',
  id: 'createLog',
  tag: 'administration',
  access: 'admin',
  summary: 'Make another log; its admin key is shown this one time',
  description:
    'Only an admin key of the first log may: whoever administers a later one must not even learn which names are taken. The key that makes a log cannot read it; the new admin key can.',
  body: {
    description: 'Name, and where it differs from the default the C2SP origin',
    content: {
      'application/json': {
        type: 'object',
        required: ['name'],
        additionalProperties: false,
        properties: {
          name: { type: 'string', description: 'lower-case letters, digits and hyphens' },
          origin: { type: 'string', description: 'C2SP origin; never changes' },
        },
      },
    },
  },
  answers: {
    201: {
      description: 'The log and its admin key',
      schema: {
        type: 'object',
        required: ['log', 'admin_key'],
        properties: { log: LogReportSchema, admin_key: { type: 'string', description: 'shown this one time' } },
      },
    },
  },
  handle: async ({ http, server, principal }) => {
    const [first] = await server.ledger.logs()
    if (first?.log !== principal.log) {
      throw new ProblemError('log_forbidden', 'Only an admin key of the first log makes further logs.')
    }
    const { name, origin, ...others } = await readSmallJson(http.env.incoming, server)
    if (Object.keys(others).length > 0) throw new EventError('field_unknown', '', 'A log has a name and an origin.')
    if (typeof name !== 'string') throw new EventError('field_missing', '/name', 'name is missing: a text.')
    if (origin !== undefined && typeof origin !== 'string') {
      throw new EventError('field_invalid', '/origin', 'origin is a text.')
    }
    const created = await server.ledger.createLog(name, origin === undefined ? {} : { origin })
    server.publicLogs.forget()
    return json(http, { log: created.log, admin_key: created.adminKey }, 201)
  },
})

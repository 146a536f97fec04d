import { defineRoute, json } from '../route.ts'

const Status = { type: 'object', required: ['status'], properties: { status: { const: 'ok' } } }

export const readHealth = defineRoute({
  method: 'GET',
  path: '/healthz',
  id: 'readHealth',
  tag: 'operation',
  access: 'public',
  summary: 'Whether the process answers',
  answers: { 200: { description: 'It does', schema: Status } },
  handle: ({ http }) => json(http, { status: 'ok' }),
})

export const readReadiness = defineRoute({
  method: 'GET',
  path: '/readyz',
  id: 'readReadiness',
  tag: 'operation',
  access: 'public',
  summary: 'Whether events can be stored at this moment',
  description:
    'Answers the problem that met the last events, such as `disk_full`, until some were stored or 10 s have passed without another.',
  answers: { 200: { description: 'They can', schema: Status } },
  handle: async ({ http, server }) => {
    await server.ledger.logs()
    server.writeHealth.check()
    return json(http, { status: 'ok' })
  },
})

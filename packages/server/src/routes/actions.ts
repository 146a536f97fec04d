import { ActionPageSchema } from '@counterfoil/ledger'
import { explainingQuery } from '../query-problem.ts'
import { defineRoute, json } from '../route.ts'
import { listOptions, listParameters } from './list-parameters.ts'

export const readActions = defineRoute({
  method: 'GET',
  path: '/v1/actions',
  id: 'searchActions',
  tag: 'reading',
  access: 'read',
  summary: 'Search actions',
  query: listParameters,
  answers: { 200: { description: 'One page, newest first', schema: ActionPageSchema } },
  handle: async ({ http, server, query, principal }) => {
    const log = await server.ledger.log(principal.log)
    return json(http, await explainingQuery(() => log.actions(listOptions(query))))
  },
})

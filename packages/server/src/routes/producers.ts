import { ProducerPageSchema, producerStatuses } from '@counterfoil/ledger'
import { limits } from '@counterfoil/schema'
import { choice, integer, text } from '../parameters.ts'
import { defineRoute, json } from '../route.ts'

export const readProducers = defineRoute({
  method: 'GET',
  path: '/v1/producers',
  id: 'listProducers',
  tag: 'reading',
  access: 'read',
  summary: 'Processes that record events: which are heard, which went silent, and what of them is missing',
  query: {
    status: choice(producerStatuses, 'only these'),
    limit: integer('producers of one page', 1, limits.pageItemsMax),
    cursor: text('`next` of the page before', 1_024),
  },
  answers: {
    200: { description: 'One page, those first that were heard for the first time last', schema: ProducerPageSchema },
  },
  handle: async ({ http, server, query, principal }) => {
    const log = await server.ledger.log(principal.log)
    return json(http, await log.producers(query))
  },
})

import { RunPageSchema, RunReportSchema } from '@counterfoil/ledger'
import { integer } from '../parameters.ts'
import { explainingQuery } from '../query-problem.ts'
import { defineRoute, json, jsonText } from '../route.ts'
import { facetsParameter, listOptions, listParameters } from './list-parameters.ts'

export const readRuns = defineRoute({
  method: 'GET',
  path: '/v1/runs',
  id: 'searchRuns',
  tag: 'reading',
  access: 'read',
  summary: 'Search runs',
  description:
    'A query that cannot be understood is refused, with the place of each problem and where possible its cure; it is never run as a wider one.',
  query: { ...listParameters, facets: facetsParameter },
  answers: { 200: { description: 'One page, newest first', schema: RunPageSchema } },
  handle: async ({ http, server, query, principal }) => {
    const log = await server.ledger.log(principal.log)
    return json(http, await explainingQuery(() => log.runs(listOptions(query))))
  },
})

export const readRun = defineRoute({
  method: 'GET',
  path: '/v1/runs/:id',
  id: 'readRun',
  tag: 'reading',
  access: 'read',
  summary: 'What exactly did the agent do: six answers with their grades, actions, timeline',
  query: {
    from: integer('index in the log from which the timeline is shown: `timeline_next` of the answer before'),
    limit: integer('entries of the timeline', 1, 1_000),
  },
  answers: { 200: { description: 'The run', schema: RunReportSchema } },
  handle: async ({ http, server, query, principal }) => {
    const log = await server.ledger.log(principal.log)
    return jsonText(http, await log.runJson(http.req.param('id') ?? '', query))
  },
})

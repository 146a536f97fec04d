import { RunPageSchema, RunReportSchema, StopReportSchema } from '@counterfoil/ledger'
import { EventError } from '@counterfoil/schema'
import type { JsonObject } from '@counterfoil/schema/json'
import { integer } from '../parameters.ts'
import { explainingQuery } from '../query-problem.ts'
import { readSmallJson } from '../read-small-json.ts'
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

export const stopRun = defineRoute({
  method: 'POST',
  path: '/v1/runs/:id/stop',
  id: 'stopRun',
  tag: 'administration',
  access: 'admin',
  summary: 'A person stops a run: its next acknowledgements say so, and its recorder lets no action run any more',
  description:
    'In effect when it is answered: every acknowledgement of an event of the run, or of a run that it started, carries `stop` from then on. Stopping again answers the first stop. The run is named by its whole id.',
  body: {
    description: 'Why, and who; both may be left out, and so may the body',
    content: {
      'application/json': {
        type: 'object',
        additionalProperties: false,
        properties: {
          reason_code: { type: 'string', pattern: '^[a-z][a-z0-9_.]{0,63}$', default: 'run_stopped' },
          actor_id: {
            type: 'string',
            pattern: '^[\\x21-\\x7e]{1,128}$',
            description: 'an opaque id of the person; by default the id of the key',
          },
        },
      },
    },
  },
  answers: { 200: { description: 'The run is stopped, now or before', schema: StopReportSchema } },
  handle: async ({ http, server, principal }) => {
    const body = await readSmallJson(http.env.incoming, server, { mayBeAbsent: true })
    const { actorId = principal.keyId, reasonCode } = readStop(body)
    const log = await server.ledger.log(principal.log)
    const by = { actorId, ...(reasonCode === undefined ? {} : { reasonCode }) }
    return json(http, await log.stop(http.req.param('id') ?? '', by))
  },
})

function readStop(body: JsonObject): { actorId?: string; reasonCode?: string } {
  for (const field of Object.keys(body)) {
    if (field !== 'actor_id' && field !== 'reason_code') {
      throw new EventError('field_unknown', '', 'A stop has a reason_code and an actor_id; its run stands in the path.')
    }
  }
  const { actor_id: actorId, reason_code: reasonCode } = body
  return {
    ...(actorId === undefined ? {} : { actorId: textOf(actorId, '/actor_id') }),
    ...(reasonCode === undefined ? {} : { reasonCode: textOf(reasonCode, '/reason_code') }),
  }
}

function textOf(value: unknown, pointer: string): string {
  if (typeof value === 'string') return value
  throw new EventError('field_invalid', pointer, 'This is a text.')
}

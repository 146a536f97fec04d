import {
  ActionPageSchema,
  ActionReportSchema,
  AnswerSchema,
  ApiKeySchema,
  ConsistencyProofSchema,
  EventReportSchema,
  InclusionProofSchema,
  IngestReportSchema,
  LogReportSchema,
  RunPageSchema,
  RunReportSchema,
  RunSummarySchema,
  TimelineEntrySchema,
} from '@counterfoil/ledger'
import { eventDefinitions, producerFields, type EventDefinition } from '@counterfoil/schema'
import { Hono } from 'hono'
import { describeRoute, generateSpecs, type DescribeRouteOptions } from 'hono-openapi'
import { accessScopes } from './auth.ts'
import { problemMediaType } from './problem.ts'
import { problemTable } from './problem-table.ts'
import { publishedSchema } from './published-events.ts'
import type { AnyRoute } from './route.ts'

const reports = {
  ActionPage: ActionPageSchema,
  ActionReport: ActionReportSchema,
  Answer: AnswerSchema,
  ApiKey: ApiKeySchema,
  ConsistencyProof: ConsistencyProofSchema,
  EventReport: EventReportSchema,
  InclusionProof: InclusionProofSchema,
  IngestReport: IngestReportSchema,
  LogReport: LogReportSchema,
  RunPage: RunPageSchema,
  RunReport: RunReportSchema,
  RunSummary: RunSummarySchema,
  TimelineEntry: TimelineEntrySchema,
}

const problemSchema = {
  type: 'object',
  description: 'RFC 9457 problem details; `code` never changes its meaning',
  required: ['type', 'title', 'status', 'detail', 'code', 'instance'],
  properties: {
    type: { type: 'string', description: '`urn:counterfoil:problem:<code>`' },
    title: { type: 'string' },
    status: { type: 'integer' },
    detail: { type: 'string' },
    code: { enum: Object.keys(problemTable) },
    pointer: { type: 'string', description: 'JSON Pointer of the offending field of the body' },
    parameter: { type: 'string', description: 'the query parameter or header concerned' },
    instance: { type: 'string', description: 'this occurrence; from 500 on it stands in the log of the server' },
  },
}

const pascal = (name: string): string => name.replaceAll(/(?:^|_)([a-z])/g, (_, letter: string) => letter.toUpperCase())

/**
 * The OpenAPI 3.1 description, made from the route table and the schemas that validate and type the messages. The
 * descriptions hang on an app of their own, so that the one that serves carries no middleware for them.
 */
export async function createDocument(routes: readonly AnyRoute[]): Promise<object> {
  const described = new Hono()
  for (const route of routes) {
    described.on(route.method, route.path, describeRoute(describeOperation(route)), (http) => http.body(null))
  }
  const document = await generateSpecs(described, {
    excludeStaticFile: false,
    documentation: {
      info: {
        title: 'Counterfoil',
        version: '1.0',
        summary: 'The audit log of AI agents',
        description: 'What an agent saw, proposed, was allowed to do, and really did, in a log that anyone can check.',
        license: { name: 'Apache-2.0', identifier: 'Apache-2.0' },
      },
      servers: [{ url: '/', description: 'the server that answers this document' }],
      security: [{ key: [] }],
      tags: [
        { name: 'events', description: 'Events in, events out' },
        { name: 'reading', description: 'Runs and actions' },
        { name: 'log', description: 'The proof' },
        { name: 'administration', description: 'Keys and logs' },
        { name: 'operation', description: 'Contract, health, figures' },
      ],
      components: {
        securitySchemes: { key: { type: 'http', scheme: 'bearer', description: 'an API key; it belongs to one log' } },
      },
    },
  })
  return { ...document, components: { ...document.components, schemas: createSchemas() } }
}

/** What the document's components hold; larger schemas refer to smaller ones by name instead of repeating them. */
function createSchemas(): Record<string, object> {
  const names = new Map<string, string>()
  for (const [name, schema] of Object.entries(producerFields)) names.set(JSON.stringify(schema), `field_${name}`)
  for (const [name, schema] of Object.entries(reports)) names.set(JSON.stringify(schema), name)
  const schemas: Record<string, object> = { Problem: problemSchema }
  const mapping: Record<string, string> = {}
  for (const definition of eventDefinitions as readonly EventDefinition[]) {
    const name = `Event${pascal(definition.type)}`
    schemas[name] = referNames(publishedSchema(definition), names)
    mapping[definition.type] = `#/components/schemas/${name}`
  }
  schemas['Event'] = {
    description: 'one event as it is sent',
    oneOf: Object.values(mapping).map(($ref) => ({ $ref })),
    discriminator: { propertyName: 'event_type', mapping },
  }
  // Some fields are written anew in each type, such as event_type: they would be components that nobody uses.
  const used = new Set(JSON.stringify(schemas).match(/#\/components\/schemas\/field_[a-z_]+/g))
  for (const [name, schema] of Object.entries(producerFields)) {
    if (used.has(`#/components/schemas/field_${name}`)) schemas[`field_${name}`] = plain(schema)
  }
  for (const [name, schema] of Object.entries(reports)) schemas[name] = referNames(plain(schema), names)
  return schemas
}

const plain = (schema: object): Record<string, unknown> => JSON.parse(JSON.stringify(schema)) as Record<string, unknown>

/** Replaces each member that is a named schema by a reference; the schema itself stays. */
function referNames(schema: object, names: ReadonlyMap<string, string>): Record<string, unknown> {
  const refer = (value: unknown): unknown => {
    if (typeof value !== 'object' || value === null) return value
    const name = names.get(JSON.stringify(value))
    if (name !== undefined) return { $ref: `#/components/schemas/${name}` }
    if (Array.isArray(value)) return value.map(refer)
    return Object.fromEntries(Object.entries(value).map(([key, member]) => [key, refer(member)]))
  }
  return Object.fromEntries(Object.entries(schema).map(([key, member]) => [key, refer(member)]))
}

const problem = (description: string): object => ({
  description,
  content: { [problemMediaType]: { schema: { $ref: '#/components/schemas/Problem' } } },
})

function describeOperation(route: AnyRoute): DescribeRouteOptions {
  const names = new Map(Object.entries(reports).map(([name, schema]) => [JSON.stringify(schema), name]))
  const refer = (schema: object): unknown => (referNames({ schema }, names) as { schema: unknown }).schema
  const answers = Object.entries(route.answers).map(([status, answer]): [string, object] => {
    const { description, mediaType = 'application/json', schema } = answer
    return [
      status,
      { description, ...(schema === undefined ? {} : { content: { [mediaType]: { schema: refer(schema) } } }) },
    ]
  })
  const pathNames = [...route.path.matchAll(/:([a-z]+)/g)].map(([, name = '']) => name)
  const operation = {
    operationId: route.id,
    tags: [route.tag],
    summary: route.summary,
    description: [route.description, describeAccess(route)].filter((part) => part !== undefined).join('\n\n'),
    ...(route.access === 'public' ? { security: [] } : {}),
    parameters: [
      ...pathNames.map((name) => ({ name, in: 'path', required: true, schema: { type: 'string' } })),
      ...Object.entries(route.query ?? {}).map(([name, { description, schema }]) => ({
        name,
        in: 'query',
        description,
        schema,
      })),
      ...Object.entries(route.headers ?? {}).map(([name, header]) => ({ name, in: 'header', ...header })),
    ],
    ...(route.body === undefined
      ? {}
      : {
          requestBody: {
            required: true,
            description: route.body.description,
            content: Object.fromEntries(Object.entries(route.body.content).map(([type, schema]) => [type, { schema }])),
          },
        }),
    responses: {
      ...Object.fromEntries(answers),
      '4XX': problem('The request was refused'),
      '5XX': problem('The server could not do it'),
    },
  }
  // Our schemas are JSON Schema 2020-12, which OpenAPI 3.1 takes as it is; its TypeScript types know less of it.
  return operation as DescribeRouteOptions
}

function describeAccess({ access }: AnyRoute): string | undefined {
  if (access === 'public') return 'Needs no key.'
  if (access === 'own') return undefined
  const wanted: readonly string[] | undefined = accessScopes[access]
  return wanted === undefined ? 'Any key of the log.' : `Scope ${wanted.join(' or ')}.`
}

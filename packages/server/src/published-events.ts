import { bodyFields, eventDefinitions, type EventDefinition } from '@counterfoil/schema'

/** The JSON Schema (2020-12) of an event as it is sent. */
export function publishedSchema({ schema }: EventDefinition): Record<string, unknown> {
  return { ...schema, properties: { ...schema.properties, ...bodyFields } }
}

/** Every event type, as `/v1/schema` shows it. */
export function publishedEvents(): Record<string, unknown>[] {
  return eventDefinitions.map((definition: EventDefinition) => ({
    type: definition.type,
    since: definition.since,
    group: definition.group,
    writer: definition.writer,
    in_run: definition.inRun,
    summary: definition.summary,
    schema: {
      $schema: 'https://json-schema.org/draft/2020-12/schema',
      $id: `urn:counterfoil:event:${definition.type}`,
      ...publishedSchema(definition),
    },
    example: definition.example,
  }))
}

// node --conditions=@counterfoil/source scripts/spec.ts: writes what spec/ says about events from the definitions of the types.
import {
  eventDefinitions,
  eventJsonSchema,
  producerFields,
  serverFields,
  sharedOptionalFields,
  type EventDefinition,
} from '@counterfoil/schema'
import { readFileSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { root, runTool } from './tool.ts'

const definitions: readonly EventDefinition[] = eventDefinitions

/** The published JSON Schemas, by their path from the root. */
export const schemaFiles: Readonly<Record<string, () => object>> = {
  'spec/schema/event.schema.json': () => eventJsonSchema('sent'),
  'spec/schema/leaf.schema.json': () => eventJsonSchema('leaf'),
}

/** The document that holds the generated tables, each between `<!-- name -->` and `<!-- /name -->`. */
export const eventDocument = 'spec/event.md'

/** Every generated table by its name. */
export const generatedTables: Readonly<Record<string, () => string>> = {
  matrix: requiredMatrix,
  types: typeTable,
  fields: () => fieldTable(producerFields, 'P'),
  'server-fields': () => fieldTable(serverFields, 'S'),
}

/** The document with its generated tables written anew. */
export function withTables(document: string): string {
  let text = document
  for (const [name, table] of Object.entries(generatedTables)) {
    const [before, after] = text.split(marks(name))
    if (before === undefined || after === undefined)
      throw new Error(`${eventDocument} has no place for the table ${name}.`)
    text = `${before}<!-- ${name} -->\n\n${table()}\n\n<!-- /${name} -->${after}`
  }
  return text
}

function marks(name: string): RegExp {
  return new RegExp(`<!-- ${name} -->[\\s\\S]*?<!-- /${name} -->`)
}

const row = (cells: readonly string[]): string => `| ${cells.join(' | ')} |`

function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  return [row(head), row(head.map(() => '---')), ...rows.map(row)].join('\n')
}

/** Types down, fields across: R required, o optional, blank not allowed. Fields that every type takes stand in the text. */
function requiredMatrix(): string {
  const everywhere = new Set<string>(['schema_version', 'event_id', 'event_type', 'run_seq', ...sharedOptionalFields])
  const names = Object.keys(producerFields).filter(
    (name) => !everywhere.has(name) || name === 'actor' || name === 'producer',
  )
  const rows = definitions
    .filter(({ writer }) => writer !== 'server')
    .map(({ type, schema }) => {
      const required = new Set<string>(schema.required)
      return [
        `\`${type}\``,
        ...names.map((name) => (required.has(name) ? '**R**' : name in schema.properties ? 'o' : '')),
      ]
    })
  return table(['type', ...names.map((name) => `\`${name}\``)], rows)
}

const writerWords: Readonly<Record<string, string>> = {
  run: 'the run’s key',
  run_or_policy: 'the run’s key, a policy key',
  approval: 'the run’s key (claimed)',
  observer: 'an observer’s key',
  any: 'any key that writes',
  server: 'the server',
}

function typeTable(): string {
  return table(
    ['type', 'group', 'who may write it', 'since', 'meaning'],
    definitions.map(({ type, group, writer, since, summary }) => [
      `\`${type}\``,
      group,
      writerWords[writer] ?? '',
      since,
      summary,
    ]),
  )
}

interface Schema {
  readonly type?: string
  readonly enum?: readonly string[]
  readonly pattern?: string
  readonly minimum?: number
  readonly maximum?: number
  readonly minLength?: number
  readonly maxLength?: number
  readonly maxItems?: number
  readonly maxProperties?: number
  readonly description?: string
  readonly properties?: Readonly<Record<string, Schema>>
  readonly patternProperties?: Readonly<Record<string, Schema>>
  readonly required?: readonly string[]
  readonly items?: Schema
}

/** One row a field, and one for each member of a field that is an object. */
function fieldTable(fields: Readonly<Record<string, unknown>>, by: string): string {
  const rows = Object.entries(fields).flatMap(([name, schema]) => fieldRows(name, schema as Schema, by))
  return table(['field', 'by', 'type and limits', 'since', 'meaning'], rows)
}

function fieldRows(name: string, schema: Schema, by: string): string[][] {
  const own = [`\`${name}\``, by, shape(schema), '1.0', schema.description ?? '']
  const holder = schema.items ?? schema
  const members = Object.entries(holder.properties ?? {}).flatMap(([member, inner]) => {
    const isRequired = holder.required?.includes(member) ?? false
    const place = schema.items === undefined ? `${name}.${member}` : `${name}[].${member}`
    return fieldRows(place, inner, by).map(([field = '', ...rest]) => [isRequired ? field : `${field}?`, ...rest])
  })
  return [own, ...members]
}

function shape(schema: Schema): string {
  if (schema.enum !== undefined) return schema.enum.map((word) => `\`${word}\``).join(' ')
  if (schema.items !== undefined) return `array, at most ${schema.maxItems ?? ''}`
  if (schema.type === 'integer')
    return schema.maximum === Number.MAX_SAFE_INTEGER
      ? `integer, ${schema.minimum} to 2^53 - 1`
      : `integer, ${schema.minimum} to ${schema.maximum}`
  if (schema.pattern !== undefined) return `\`${schema.pattern.replaceAll('|', '\\|')}\``
  if (schema.type === 'string')
    return schema.maxLength === undefined
      ? 'string'
      : `string, ${schema.minLength ?? 0} to ${schema.maxLength} code points`
  return schema.maxProperties === undefined ? 'object' : `object, at most ${schema.maxProperties} members`
}

if (import.meta.main) {
  for (const [file, schema] of Object.entries(schemaFiles)) {
    writeFileSync(path.join(root, file), `${JSON.stringify(schema(), null, 2)}\n`)
  }
  const document = path.join(root, eventDocument)
  writeFileSync(document, withTables(readFileSync(document, 'utf8')))
  const { code, output } = await runTool('oxfmt', [...Object.keys(schemaFiles), eventDocument])
  if (code !== 0) console.error(output)
  process.exitCode = code
}

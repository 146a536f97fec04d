import { producerFields } from './fields.ts'

/** Member names in schema order, nested objects included; arrays order their elements. */
interface Order {
  readonly names: readonly string[]
  readonly nested: Readonly<Record<string, Order | undefined>>
}

function orderOf(schema: object): Order | undefined {
  if ('items' in schema && typeof schema.items === 'object' && schema.items !== null) return orderOf(schema.items)
  if (!('properties' in schema)) return undefined
  const properties = Object.entries(schema.properties as Readonly<Record<string, object>>)
  return {
    names: properties.map(([name]) => name),
    nested: Object.fromEntries(properties.map(([name, member]) => [name, orderOf(member)])),
  }
}

const envelopeOrder: Order = {
  names: Object.keys(producerFields),
  nested: Object.fromEntries(Object.entries(producerFields).map(([name, schema]) => [name, orderOf(schema)])),
}

interface Copied {
  /** Set when a member has a name that the schema does not know: the copy is then not the whole of it. */
  isPartial: boolean
}

function copyOrdered(value: object, order: Order | undefined, copied: Copied): unknown {
  if (Array.isArray(value)) {
    return value.map((element: unknown) =>
      typeof element === 'object' && element !== null ? copyOrdered(element, order, copied) : element,
    )
  }
  const from = value as Record<string, unknown>
  const given = Object.keys(from)
  // Integrator-defined keys (attributes) have no schema order: sorted, so that the same content is the same bytes.
  const names = order?.names ?? given.toSorted()
  const to: Record<string, unknown> = {}
  let count = 0
  for (const name of names) {
    const member = from[name]
    // Assigning to __proto__ would set a prototype and lose the member; no schema knows such a name.
    if (member === undefined || name === '__proto__') continue
    count += 1
    to[name] = typeof member === 'object' && member !== null ? copyOrdered(member, order?.nested[name], copied) : member
  }
  if (count !== given.length) copied.isPartial = true
  return to
}

/**
 * The same event with its members in schema order, which is the order of the stored bytes; two events that differ only
 * in the order of their members become equal. Undefined when a member, however deep, has a name that the schema does not
 * know. The members `except` stay out.
 */
export function orderEnvelope(
  event: Readonly<Record<string, unknown>>,
  except: readonly string[] = [],
): Record<string, unknown> | undefined {
  const copied: Copied = { isPartial: false }
  const to: Record<string, unknown> = {}
  let count = 0
  for (const name of envelopeOrder.names) {
    const member = event[name]
    if (member === undefined) continue
    count += 1
    to[name] =
      typeof member === 'object' && member !== null ? copyOrdered(member, envelopeOrder.nested[name], copied) : member
  }
  for (const name of except) if (event[name] !== undefined) count += 1
  return copied.isPartial || count !== Object.keys(event).length ? undefined : to
}

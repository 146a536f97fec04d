const jsonTypes = new Set(['string', 'number', 'integer', 'boolean', 'object', 'array', 'null'])

/** Keywords of JSON Schema that hold no example of a value. */
const schemaKeywords = new Set(
  '$ref $schema title description type format minLength maxLength pattern minimum maximum items properties required additionalProperties anyOf oneOf allOf nullable readOnly writeOnly deprecated'.split(
    ' ',
  ),
)

/**
 * Whether a value describes a value instead of being one: `{"password": {"type": "string"}}` in the definition of a
 * tool. Anything beside the keywords of a schema makes it a value.
 */
export function looksLikeSchema(value: unknown): boolean {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return false
  const names = Object.keys(value)
  if (!names.every((name) => schemaKeywords.has(name))) return false
  if ('$ref' in value || 'anyOf' in value || 'oneOf' in value) return true
  return 'type' in value && typeof value.type === 'string' && jsonTypes.has(value.type)
}

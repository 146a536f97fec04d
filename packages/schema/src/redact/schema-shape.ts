const jsonTypes = new Set(['string', 'number', 'integer', 'boolean', 'object', 'array', 'null'])

/** Keywords of JSON Schema that hold no example of a value. */
const schemaKeywords = new Set(
  '$ref $schema title description type format minLength maxLength pattern minimum maximum items properties required additionalProperties anyOf oneOf allOf nullable readOnly writeOnly deprecated'.split(
    ' ',
  ),
)

/**
 * Whether a value describes a value instead of being one: `{"password": {"type": "string"}}` in the definition of a
 * tool. Anything beside the keywords of a schema makes it a value, and so does a description that describes nothing.
 */
export function looksLikeSchema(value: unknown): boolean {
  if (!isRecord(value)) return false
  if (!Object.entries(value).every(([name, member]) => schemaKeywords.has(name) && isKeywordValue(name, member)))
    return false
  if ('$ref' in value || 'anyOf' in value || 'oneOf' in value) return true
  return typeof value['type'] === 'string' && jsonTypes.has(value['type'])
}

function isKeywordValue(keyword: string, value: unknown): boolean {
  switch (keyword) {
    case 'title':
    case 'description':
      return typeof value === 'string' && isProse(value)
    case 'format':
      return typeof value === 'string' && /^[a-z-]{2,30}$/.test(value)
    case 'properties':
      return isRecord(value) && Object.values(value).every((member) => looksLikeSchema(member))
    case 'items':
      return looksLikeSchema(value)
    default:
      return true
  }
}

/** Words, and not one string of letters, digits and signs. */
function isProse(text: string): boolean {
  return /\s/.test(text.trim()) || /^[\p{L}'’-]*[.:!?]?$/u.test(text)
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

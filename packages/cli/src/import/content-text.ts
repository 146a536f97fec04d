/** The words of a message: a string, or the text parts of an array of content parts, joined. */
export function textOfContent(content: unknown): string {
  if (typeof content === 'string') return content
  if (Array.isArray(content))
    return content
      .map(textOfPart)
      .filter((text) => text !== '')
      .join('\n')
  return content === undefined || content === null ? '' : textOfPart(content)
}

function textOfPart(part: unknown): string {
  if (typeof part === 'string') return part
  if (typeof part !== 'object' || part === null) return ''
  const { text, content } = part as { text?: unknown; content?: unknown }
  if (typeof text === 'string') return text
  return typeof content === 'string' ? content : ''
}

/** Content as a payload keeps it: `{text}` when it is words only, else `{content}` with every part as it was. */
export function contentPayload(content: unknown): { text: string } | { content: unknown } {
  if (typeof content === 'string') return { text: content }
  if (Array.isArray(content) && content.every(isTextPart)) return { text: textOfContent(content) }
  return { content }
}

const isTextPart = (part: unknown): boolean =>
  typeof part === 'object' && part !== null && 'type' in part && part.type === 'text' && 'text' in part

/** Whether there is anything in it at all. */
export function isEmptyContent(content: unknown): boolean {
  if (content === undefined || content === null || content === '') return true
  return Array.isArray(content) && content.length === 0
}

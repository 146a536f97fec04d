import type { TimelineEntry } from '@counterfoil/ledger'
import { countText } from './progress.ts'

/** How much of one text, or of all arguments together, is quoted. */
const quotedCharactersMax = 300

const textMembers = ['said', 'text', 'content', 'message', 'error', 'reason', 'reasoning', 'summary']

interface EventQuotes {
  /** With what a tool was called: `order_id "W1", amount 12.5`. */
  readonly call?: string
  /** What was said or answered. */
  readonly words: readonly string[]
}

/** What was said or done in an event, in the words of its body: untrusted text, not yet safe to print. */
export function eventQuotes({ payload }: TimelineEntry): EventQuotes {
  if (payload?.state !== 'present') return { words: [] }
  const { content } = payload
  if (!isRecord(content)) return { words: textOf(content).map(cut) }
  const { parameters } = content
  const message = isRecord(parameters) && Object.keys(parameters).length === 1 ? textOf(parameters['text']) : []
  const call = message.length > 0 || parameters === undefined ? '' : argumentWords(parameters)
  const words = [...message, ...textMembers.flatMap((name) => textOf(content[name]))].filter((text) => text !== '')
  return { ...(call !== '' && { call: cut(call) }), words: words.map(cut) }
}

/** Why nothing of a body is quoted; undefined when it is there, or when there never was one. */
export function bodyNote({ payload }: TimelineEntry): string | undefined {
  if (payload === undefined || payload.state === 'present') return undefined
  if (payload.state === 'reference') return 'Its body stayed with the producer.'
  if (payload.state !== 'omitted') return `Its body is ${payload.state}.`
  return `Its body of ${countText(payload.size ?? 0)} bytes is too large to be shown here.`
}

function argumentWords(parameters: unknown): string {
  if (!isRecord(parameters)) return JSON.stringify(parameters) ?? ''
  return Object.entries(parameters)
    .map(([name, value]) => `${name} ${JSON.stringify(value) ?? ''}`)
    .join(', ')
}

/** A text, the texts of content parts, or anything else as JSON. */
function textOf(value: unknown): string[] {
  if (value === undefined || value === null) return []
  if (typeof value === 'string') return [value]
  if (Array.isArray(value) && value.every((part) => isRecord(part) && typeof part['text'] === 'string'))
    return [value.map((part: Record<string, unknown>) => part['text']).join(' ')]
  return [JSON.stringify(value)]
}

function cut(text: string): string {
  const characters = Array.from(text.slice(0, 2 * quotedCharactersMax + 2))
  return characters.length <= quotedCharactersMax ? text : `${characters.slice(0, quotedCharactersMax).join('')}…`
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

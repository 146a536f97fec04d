import type { LeafEvent } from './projection/leaf.ts'

/** Where a text stands, for `in:`; each is a column of the text index. */
export const textParts = ['proposal', 'input', 'result', 'message', 'other'] as const
type TextPart = (typeof textParts)[number]

/** The searchable text of one event; `words` is empty when it has none. */
export interface EventText {
  readonly index: number
  readonly part: TextPart
  readonly words: string
}

/** Characters of one event that are searchable, at most; the rest of a huge payload is in the log, not in the index. */
const wordsCharactersMax = 256 * 1024

const partByType: Readonly<Record<string, TextPart>> = {
  run_created: 'input',
  input_resolved: 'input',
  decision_proposed: 'proposal',
  retrieval_completed: 'result',
  tool_completed: 'result',
}

/** The strings of an event's payload and its summary. Member names are not searchable. */
export function eventText(
  index: number,
  leaf: string,
  bodies: { payload: Uint8Array | undefined; summary: Uint8Array | undefined },
): EventText {
  const texts: string[] = []
  for (const bytes of [bodies.payload, bodies.summary]) {
    if (bytes !== undefined)
      collect(JSON.parse(Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString('utf8')), texts)
  }
  if (texts.length === 0) return { index, part: 'other', words: '' }
  return { index, part: partOf(leaf), words: texts.join('\n').slice(0, wordsCharactersMax) }
}

/** How every leaf begins, because its members stand in the order of the schema. */
const leafStart = /^\{"schema_version":"[^"\\]*","event_id":"[^"\\]*","event_type":"([a-z_]+)"/

/** Where a text belongs. Parsing a leaf costs more than all else here, so it is done only where the answer may lie deep in it. */
function partOf(leaf: string): TextPart {
  const begun = leaf.includes('"communicate"') ? undefined : leafStart.exec(leaf)?.[1]
  if (begun !== undefined) return partByType[begun] ?? 'other'
  const { action, event_type: type } = JSON.parse(leaf) as LeafEvent
  return action?.effect_class === 'communicate' ? 'message' : (partByType[type] ?? 'other')
}

function collect(value: unknown, texts: string[]): void {
  if (typeof value === 'string') texts.push(value)
  else if (typeof value === 'number') texts.push(String(value))
  else if (typeof value === 'object' && value !== null)
    for (const member of Object.values(value)) collect(member, texts)
}

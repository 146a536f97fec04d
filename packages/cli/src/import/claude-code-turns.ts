import { isEmptyContent } from './content-text.ts'
import { idOf } from './envelope-words.ts'
import { isRecord, usageOf } from './openai-turns.ts'
import { normalizeTime } from './time.ts'
import type { TranscriptCall, Turn } from './turn.ts'

export type Entry = Readonly<Record<string, unknown>>

/** What a line of a session means: turns, something that is left out on purpose, or nothing that we can read. */
export type EntryMeaning =
  | { readonly kind: 'turns'; readonly turns: readonly Turn[]; readonly skipped: readonly string[] }
  | { readonly kind: 'skipped'; readonly what: string }
  | { readonly kind: 'broken'; readonly why: string }

/** Reads one line of a Claude Code session; its number is the position of everything in it. */
export function readEntry(entry: Entry, line: number): EntryMeaning {
  const { type, message } = entry
  if (typeof type !== 'string') return { kind: 'broken', why: 'The line has no type.' }
  if (type !== 'user' && type !== 'assistant') return { kind: 'skipped', what: skippedName(type) }
  if (entry['isMeta'] === true) return { kind: 'skipped', what: 'meta' }
  if (entry['isApiErrorMessage'] === true) return { kind: 'skipped', what: 'api_error' }
  if (!isRecord(message)) return { kind: 'broken', why: `The ${type} line has no message.` }
  const { content } = message
  if (typeof content !== 'string' && !Array.isArray(content)) {
    return { kind: 'broken', why: `The message of the ${type} line has no content.` }
  }
  const at = normalizeTime(entry['timestamp'])
  const usage = type === 'assistant' ? usageOf(message['usage']) : undefined
  const model = type === 'assistant' ? idOf(message['model']) : undefined
  const place: Place = {
    position: line,
    line,
    ...(at === undefined ? {} : { at }),
    ...(usage === undefined ? {} : { usage }),
    ...(model === undefined ? {} : { model }),
  }
  if (entry['isCompactSummary'] === true) {
    return { kind: 'turns', turns: [{ ...place, kind: 'prompt', role: 'summary', content }], skipped: [] }
  }
  const blocks: readonly unknown[] = typeof content === 'string' ? [{ type: 'text', text: content }] : content
  return type === 'user' ? userTurns(blocks, place) : assistantTurns(blocks, place)
}

type Place = Pick<Turn, 'position' | 'at' | 'line' | 'usage' | 'model'>

/** Results first: they answer what was called before the user went on. */
function userTurns(blocks: readonly unknown[], place: Place): EntryMeaning {
  const turns: Turn[] = []
  const rest: unknown[] = []
  for (const block of blocks) {
    if (!isRecord(block) || block['type'] !== 'tool_result') {
      rest.push(block)
      continue
    }
    const callId = block['tool_use_id']
    turns.push({
      ...place,
      kind: 'result',
      by: 'agent',
      ...(typeof callId === 'string' ? { callId } : {}),
      content: block['content'],
      message: block,
    })
  }
  const [only] = rest
  const content = rest.length === 1 && isRecord(only) && typeof only['text'] === 'string' ? only['text'] : rest
  if (!isEmptyContent(content)) turns.push({ ...place, ...meaningOf(content) })
  return { kind: 'turns', turns, skipped: [] }
}

const interruptions: ReadonlySet<unknown> = new Set([
  '[Request interrupted by user]',
  '[Request interrupted by user for tool use]',
])

/** Not everything that stands as a user's message was written by the user. */
function meaningOf(content: unknown): { kind: 'input'; content: unknown; by?: 'system' } | InterruptedWords {
  if (interruptions.has(content)) return { kind: 'interrupted', content }
  const isOutput = typeof content === 'string' && /^<local-command-(?:stdout|stderr|caveat)>/.test(content)
  return { kind: 'input', content, ...(isOutput && { by: 'system' }) }
}

interface InterruptedWords {
  readonly kind: 'interrupted'
  readonly content: unknown
}

function assistantTurns(blocks: readonly unknown[], place: Place): EntryMeaning {
  const turns: Turn[] = []
  const skipped: string[] = []
  let calls: TranscriptCall[] | undefined
  for (const block of blocks) {
    if (isRecord(block) && block['type'] === 'tool_use') {
      const call = callOf(block)
      if (calls === undefined) {
        calls = [call]
        turns.push({ ...place, kind: 'calls', by: 'agent', calls })
      } else calls.push(call)
      continue
    }
    const text =
      typeof block === 'string' ? block : isRecord(block) && block['type'] === 'text' ? block['text'] : undefined
    if (typeof text !== 'string') {
      skipped.push(skippedName(isRecord(block) && typeof block['type'] === 'string' ? block['type'] : 'unknown'))
    } else if (text.trim() !== '') {
      calls = undefined
      turns.push({ ...place, kind: 'said', content: text })
    }
  }
  return { kind: 'turns', turns, skipped }
}

function callOf(block: Entry): TranscriptCall {
  const { id, name, input } = block
  return {
    ...(typeof id === 'string' ? { callId: id } : {}),
    name: typeof name === 'string' && name !== '' ? name : 'unnamed',
    args: input ?? {},
  }
}

/** Names of types come from the file: bounded, so that a report stays readable. */
const skippedName = (type: string): string => idOf(type.slice(0, 64)) ?? 'unknown'

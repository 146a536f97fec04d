import { digestOfValue } from './digest.ts'
import { idOf } from './envelope-words.ts'
import type { Importer, ImportInput, ImportItem, ImportOptions, Rejection } from './importer.ts'
import { conversationOfLines, conversationsOf, type Conversation } from './openai-envelopes.ts'
import { isMessage, type Message } from './openai-turns.ts'
import { decodeText, parseTranscript, ReadError, splitLines, unpack } from './read-json.ts'
import { createRunBuilder } from './run-builder.ts'

/** Part of every `run_created`; a change of what this importer writes changes it, and known runs are then reported. */
const importerName = 'openai-chat/2'

interface Document {
  /** Undefined when it is no transcript. */
  readonly conversations: readonly Conversation[] | undefined
  readonly line?: number
}

/** Messages with `tool_calls`: JSON, JSONL, gzip; bare arrays and the envelopes of `openai-envelopes.ts`. */
export const openaiChat: Importer = {
  name: 'openai-chat',
  description:
    'chat messages with tool_calls: JSON, JSONL or gzip; bare arrays, traj, simulations, messages + metadata',
  derives: true,
  *read(input: ImportInput, options: ImportOptions = {}) {
    /** How often each identity was seen in this file: the same conversation twice is two runs, unless it has an id. */
    const seen = new Map<string, number>()
    for (const item of documentsOf(input)) {
      if ('kind' in item) {
        yield item
        continue
      }
      if (item.conversations === undefined) {
        yield rejection(input.file, item.line, 'not_a_transcript', 'No messages, traj, simulations or history in it.')
        continue
      }
      for (const conversation of item.conversations) yield* runOf(conversation, input.file, item, options, seen)
    }
  },
}

function rejection(file: string, line: number | undefined, code: Rejection['code'], message: string): Rejection {
  return { kind: 'rejected', file, ...(line === undefined ? {} : { line }), code, message }
}

function* runOf(
  conversation: Conversation,
  file: string,
  { line }: Document,
  options: ImportOptions,
  seen: Map<string, number>,
): Generator<ImportItem> {
  const digest = identityOf(conversation)
  if (digest === undefined) {
    yield rejection(
      file,
      line,
      'no_agent_turn',
      'Nothing in it was said or done by an agent yet; import it again when it was.',
    )
    return
  }
  const nth = conversation.named === true ? 0 : (seen.get(digest) ?? 0)
  seen.set(digest, nth + 1)
  const turns = conversation.turns.flatMap((turn) => turn ?? [])
  const { startMs = msOf(turns[0]?.at) } = conversation.context
  const builder = createRunBuilder(
    {
      ...conversation.context,
      workflow: idOf(options.workflow) ?? conversation.context.workflow ?? options.actionMap?.name ?? 'conversation',
      identity: `openai-chat\0${digest}\0${nth}`,
      importer: importerName,
      nextTurnClosesCalls: true,
      file,
      ...(startMs === undefined ? {} : { startMs }),
      ...(line === undefined ? {} : { line }),
    },
    options.actionMap,
  )
  for (const [index, found] of conversation.turns.entries()) {
    if (found === undefined)
      yield rejection(file, line, 'not_a_message', `Message ${index + 1} is no object with a role.`)
    else if (found.length === 0) builder.skip('empty_message')
    else for (const turn of found) builder.add(turn)
  }
  yield* builder.finish(conversation.end, turns.at(-1)?.position ?? 0)
}

/**
 * What tells a conversation from others: what its source calls it, or its beginning up to and including the first
 * turn of the agent after the user's first words. That never changes when the conversation goes on.
 */
function identityOf({ identity, turns }: Conversation): string | undefined {
  if (identity !== undefined) return digestOfValue(identity)
  const flat = turns.flatMap((turn) => turn ?? [])
  const asked = flat.findIndex((turn) => turn.kind === 'input')
  const answered = flat.findIndex((turn, index) => index > asked && (turn.kind === 'said' || turn.kind === 'calls'))
  if (answered === -1 || (asked === -1 && flat[answered]?.kind === 'said')) return undefined
  return digestOfValue(flat.slice(0, answered + 1).map(({ line: _line, ...turn }) => turn))
}

function msOf(at: string | undefined): number | undefined {
  return at === undefined ? undefined : Date.parse(at)
}

/** The documents of a file: one JSON text, or one a line. Lines that are messages make up one conversation. */
function* documentsOf({ file, bytes }: ImportInput): Generator<Document | Rejection> {
  let unpacked: Uint8Array
  try {
    unpacked = unpack(bytes)
  } catch (error) {
    yield fromError(error, file, undefined)
    return
  }
  const lines = [...splitLines(unpacked)]
  if (lines.length === 0) {
    yield rejection(file, undefined, 'empty_file', 'There is nothing in the file.')
    return
  }
  const parsed = lines.length === 1 ? [] : lines.slice(0, 8).map(({ bytes: text }) => tryParse(text))
  // A pretty-printed document has lines that are JSON by chance (`{}`, `[]`), but none of them is a transcript.
  const byLine = parsed.some((value) => isMessage(value) || (conversationsOf(value) ?? []).length > 0)
  if (!byLine) {
    try {
      yield { conversations: conversationsOf(oneMessage(parseTranscript(decodeText(unpacked)))) }
    } catch (error) {
      yield fromError(error, file, lines.length === 1 ? lines[0]?.line : undefined)
    }
    return
  }
  const messages: { line: number; message: Message }[] = []
  for (const { line, bytes: text } of lines) {
    try {
      const value = parseTranscript(decodeText(text))
      if (isMessage(value)) messages.push({ line, message: value })
      else yield { conversations: conversationsOf(value), line }
    } catch (error) {
      yield fromError(error, file, line)
    }
  }
  if (messages.length > 0) yield { conversations: [conversationOfLines(messages)], line: messages[0]?.line ?? 1 }
}

/** A file that holds a single message is a conversation of one. */
const oneMessage = (value: unknown): unknown => (isMessage(value) && !('messages' in value) ? [value] : value)

function tryParse(text: Uint8Array): unknown {
  try {
    return parseTranscript(decodeText(text))
  } catch {
    return undefined
  }
}

function fromError(error: unknown, file: string, line: number | undefined): Rejection {
  if (error instanceof ReadError) return rejection(file, line, error.code, error.message)
  throw error
}

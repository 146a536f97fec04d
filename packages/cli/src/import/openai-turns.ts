import { isEmptyContent } from './content-text.ts'
import { parseTranscript } from './read-json.ts'
import { normalizeTime } from './time.ts'
import type { Speaker, TranscriptCall, Turn, Usage } from './turn.ts'

export type Message = Readonly<Record<string, unknown>>

export function isMessage(value: unknown): value is Message {
  return isRecord(value) && typeof value['role'] === 'string'
}

export function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

/**
 * What one message in OpenAI's chat form means. Also knows what real files add: `requestor` (who called), flat calls
 * `{name, arguments}`, `function_call`, `tool_call_ids`, `timestamp`.
 */
export function turnsOfMessage(message: Message, position: number, line?: number): Turn[] {
  const at = normalizeTime(message['timestamp'] ?? message['created_at'] ?? message['created'])
  const usage = usageOf(message['usage'])
  const place = {
    position,
    ...(at === undefined ? {} : { at }),
    ...(line === undefined ? {} : { line }),
    ...(usage === undefined ? {} : { usage }),
  }
  const { role, content } = message
  if (role === 'system' || role === 'developer') {
    return isEmptyContent(content) ? [] : [{ ...place, kind: 'prompt', role: 'system', content }]
  }
  if (role === 'tool' || role === 'function') return [resultOf(message, place)]
  if (role !== 'user' && role !== 'assistant') return []
  const by: Speaker = role === 'user' ? 'user' : 'agent'
  const calls = callsOf(message, by)
  if (calls.length > 0) {
    // Beside calls an agent thinks aloud; a user who calls a tool still says what stands there.
    const beside = by === 'agent' && !isEmptyContent(content) ? { beside: content } : {}
    const said: Turn[] = by === 'user' && !isEmptyContent(content) ? [{ ...place, kind: 'input', content }] : []
    return [
      ...said,
      ...groupByCaller(calls).map((group) => ({ ...place, kind: 'calls' as const, ...group, ...beside })),
    ]
  }
  if (by === 'user') return [{ ...place, kind: 'input', content: content ?? '' }]
  return isEmptyContent(content) ? [] : [{ ...place, kind: 'said', content }]
}

function groupByCaller(
  calls: readonly (TranscriptCall & { by: Speaker })[],
): { by: Speaker; calls: TranscriptCall[] }[] {
  const groups: { by: Speaker; calls: TranscriptCall[] }[] = []
  for (const { by, ...call } of calls) {
    const last = groups.at(-1)
    if (last?.by === by) last.calls.push(call)
    else groups.push({ by, calls: [call] })
  }
  return groups
}

function callsOf(message: Message, speaker: Speaker): (TranscriptCall & { by: Speaker })[] {
  const listed = Array.isArray(message['tool_calls']) ? message['tool_calls'].filter(isRecord) : []
  const legacy = isRecord(message['function_call']) ? [{ function: message['function_call'] }] : []
  return [...listed, ...legacy].map((call: Message) => {
    const body = isRecord(call['function']) ? call['function'] : isRecord(call['custom']) ? call['custom'] : call
    const { requestor } = call
    const name = body['name'] ?? (typeof call['function'] === 'string' ? call['function'] : undefined)
    return {
      ...(typeof call['id'] === 'string' ? { callId: call['id'] } : {}),
      name: typeof name === 'string' && name !== '' ? name : 'unnamed',
      args: argumentsOf(body['arguments'] ?? body['args'] ?? body['input']),
      by: requestor === 'user' ? 'user' : requestor === 'assistant' ? 'agent' : speaker,
    }
  })
}

/** The model writes arguments as JSON text; what is no JSON stays the text that it wrote. */
function argumentsOf(value: unknown): unknown {
  if (typeof value !== 'string') return value ?? {}
  if (value.trim() === '') return {}
  try {
    return parseTranscript(value)
  } catch {
    return value
  }
}

function resultOf(message: Message, place: { position: number }): Turn {
  const ids = message['tool_call_ids']
  const callId = message['tool_call_id'] ?? message['id'] ?? (Array.isArray(ids) ? ids[0] : undefined)
  const { name, requestor } = message
  return {
    ...place,
    kind: 'result',
    by: requestor === 'user' ? 'user' : requestor === 'assistant' ? 'agent' : undefined,
    ...(typeof callId === 'string' ? { callId } : {}),
    ...(typeof name === 'string' ? { name } : {}),
    content: message['content'],
    message,
  }
}

export function usageOf(value: unknown): Usage | undefined {
  if (!isRecord(value)) return undefined
  const input = countOf(value['prompt_tokens'] ?? value['input_tokens'])
  const output = countOf(value['completion_tokens'] ?? value['output_tokens'])
  if (input === undefined && output === undefined) return undefined
  return {
    ...(input === undefined ? {} : { input_tokens: input }),
    ...(output === undefined ? {} : { output_tokens: output }),
  }
}

const countOf = (value: unknown): number | undefined =>
  typeof value === 'number' && Number.isSafeInteger(value) && value >= 0 ? value + 0 : undefined

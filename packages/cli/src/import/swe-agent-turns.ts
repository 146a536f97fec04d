import { isEmptyContent } from './content-text.ts'
import { isMessage, turnsOfMessage, type Message } from './openai-turns.ts'
import type { Turn } from './turn.ts'

/**
 * Reads a SWE-agent `history`. Its text mode has no tool calls: the assistant's `action` is a command line, and the
 * next user message is what the command printed. Demonstrations are context that nobody did.
 */
export function turnsOfHistory(history: readonly unknown[]): (Turn[] | undefined)[] {
  let awaitsOutput = false
  return history.map((message, index) => {
    if (!isMessage(message)) return undefined
    const position = index + 1
    const { role, content, action } = message
    if (message['is_demo'] === true) {
      return isEmptyContent(content) ? [] : [{ position, kind: 'prompt', role: 'demonstration', content }]
    }
    if (role === 'user' && awaitsOutput) {
      awaitsOutput = false
      return [{ position, kind: 'result', by: 'agent', content, message }]
    }
    if (role === 'assistant' && typeof action === 'string' && action.trim() !== '' && !hasCalls(message)) {
      awaitsOutput = true
      const name = /^\s*([^\s]{1,64})/.exec(action)?.[1] ?? 'unnamed'
      return [
        {
          position,
          kind: 'calls',
          by: 'agent',
          calls: [{ name, args: { command: action } }],
          beside: message['thought'],
        },
      ]
    }
    return turnsOfMessage(message, position)
  })
}

const hasCalls = (message: Message): boolean => Array.isArray(message['tool_calls']) && message['tool_calls'].length > 0

import type { ResultRules } from '@counterfoil/schema/action-map'
import { attributesOf, idOf } from './envelope-words.ts'
import { isMessage, isRecord, turnsOfMessage, type Message } from './openai-turns.ts'
import { turnsOfHistory } from './swe-agent-turns.ts'
import { normalizeTime } from './time.ts'
import type { RunContext, RunEnd, Turn } from './turn.ts'

type Fields = Readonly<Record<string, unknown>>

/** One conversation, whatever it was wrapped in. A place without turns is one that is no message. */
export interface Conversation {
  readonly context: Omit<RunContext, 'file' | 'line' | 'identity' | 'importer' | 'nextTurnClosesCalls' | 'workflow'> & {
    readonly workflow?: string
  }
  /** What tells it from others, in any JSON; undefined when only its first messages can. */
  readonly identity: unknown
  /** Whether that is an id of the source's own: the same one again is the same run, perhaps grown. */
  readonly named?: boolean
  readonly turns: readonly (Turn[] | undefined)[]
  readonly end: RunEnd | undefined
}

/** Failures as text: `Error: …` and what the benchmark's environment says to a tool that it does not have. */
const failsByText: ResultRules = { failure: [{ text_prefix: 'Error:' }, { text_prefix: 'Unknown action ' }] }
/** Failures as a flag beside the result. */
const failsByFlag: ResultRules = { failure: [{ flag: '/error' }, { flag: '/is_error' }] }
/** Of an unknown source either may be meant. */
const failsByEither: ResultRules = { failure: [{ flag: '/error' }, { flag: '/is_error' }, { text_prefix: 'Error:' }] }

const plainTurns = (messages: readonly unknown[]): (Turn[] | undefined)[] =>
  messages.map((message, index) => (isMessage(message) ? turnsOfMessage(message, index + 1) : undefined))

/** Finds the conversations in one document; undefined when it is no transcript. */
export function conversationsOf(document: unknown, depth = 0): Conversation[] | undefined {
  if (Array.isArray(document)) {
    if (document.length === 0) return []
    if (document.some(isMessage)) return [bareConversation(document)]
    if (depth > 1) return undefined
    const found = document.map((element: unknown) => conversationsOf(element, depth + 1))
    return found.every((conversations) => conversations === undefined)
      ? undefined
      : found.flatMap((conversations) => conversations ?? [bareConversation([undefined])])
  }
  if (!isRecord(document)) return undefined
  if (Array.isArray(document['traj'])) return [trajConversation(document, document['traj'])]
  if (Array.isArray(document['simulations'])) return simulationConversations(document, document['simulations'])
  if (Array.isArray(document['history'])) return [historyConversation(document, document['history'])]
  if (Array.isArray(document['messages'])) return [messagesConversation(document, document['messages'])]
  return undefined
}

/** Messages without a wrapping: nothing says that it ended, and only its beginning tells it from others. */
function bareConversation(messages: readonly unknown[]): Conversation {
  return conversationOfTurns(plainTurns(messages))
}

/** Messages that stand one a line: the number of the line is the position, so a mended line shifts nothing. */
export function conversationOfLines(lines: readonly { line: number; message: Message }[]): Conversation {
  return conversationOfTurns(lines.map(({ line, message }) => turnsOfMessage(message, line, line)))
}

function conversationOfTurns(turns: Conversation['turns']): Conversation {
  return {
    context: { resultRules: failsByEither },
    identity: undefined,
    turns,
    end: undefined,
  }
}

function workflowOf(name: unknown): { workflow?: string } {
  const workflow = idOf(name)
  return workflow === undefined ? {} : { workflow }
}

/** tau-bench 1: `{task_id, trial, reward, info, traj}`, written when the run is over. */
function trajConversation(run: Fields, traj: readonly unknown[]): Conversation {
  const info = isRecord(run['info']) ? run['info'] : {}
  return {
    context: {
      resultRules: failsByText,
      attributes: attributesOf({ task: run['task_id'], trial: run['trial'] }),
    },
    identity: run,
    turns: plainTurns(traj),
    end: {
      how: info['error'] === undefined || info['error'] === null ? 'completed' : 'failed',
      attributes: attributesOf({ reward: run['reward'] }),
    },
  }
}

/** tau-bench 2: one file of `simulations` that share `info`. */
function simulationConversations(file: Fields, simulations: readonly unknown[]): Conversation[] {
  const info = isRecord(file['info']) ? file['info'] : {}
  const agent = isRecord(info['agent_info']) ? info['agent_info'] : {}
  const environment = isRecord(info['environment_info']) ? info['environment_info'] : {}
  const model = idOf(agent['llm'])
  const { policy } = environment
  return simulations.map((simulation) => {
    if (!isRecord(simulation)) return bareConversation([simulation])
    const startedAt = normalizeTime(simulation['start_time'])
    const sessionId = idOf(simulation['id'])
    const messages = Array.isArray(simulation['messages']) ? (simulation['messages'] as unknown[]) : []
    const turns = plainTurns(messages)
    return {
      context: {
        ...workflowOf(environment['domain_name']),
        resultRules: failsByFlag,
        ...(model === undefined ? {} : { model }),
        ...(sessionId === undefined ? {} : { sessionId }),
        ...(startedAt === undefined ? {} : { startMs: Date.parse(startedAt) }),
        attributes: attributesOf({ task: simulation['task_id'], trial: simulation['trial'] }),
      },
      identity: sessionId === undefined ? simulation : ['simulation', simulation['id']],
      named: sessionId !== undefined,
      turns: typeof policy === 'string' && policy !== '' ? [[policyTurn(policy, startedAt)], ...turns] : turns,
      end: simulationEnd(simulation),
    }
  })
}

/** The policy stands in the file's `info` instead of a system message; it is read before the first message. */
const policyTurn = (policy: string, at: string | undefined): Turn => ({
  position: 0,
  ...(at === undefined ? {} : { at }),
  kind: 'prompt',
  role: 'policy',
  content: policy,
})

const orderlyEnds = new Set<unknown>(['user_stop', 'agent_stop'])

function simulationEnd(simulation: Fields): RunEnd | undefined {
  const reason = simulation['termination_reason']
  if (typeof reason !== 'string') return undefined
  const reward = isRecord(simulation['reward_info']) ? simulation['reward_info']['reward'] : undefined
  const at = normalizeTime(simulation['end_time'])
  return {
    how: orderlyEnds.has(reason) ? 'completed' : 'failed',
    reason,
    ...(at === undefined ? {} : { at }),
    attributes: attributesOf({ reward }),
  }
}

/** SWE-agent: `{history, trajectory, info}`; demonstrations have a history only, and no end. */
function historyConversation(run: Fields, history: readonly unknown[]): Conversation {
  const info = isRecord(run['info']) ? run['info'] : {}
  const status = info['exit_status']
  return {
    context: {
      workflow: 'swe-agent',
      resultRules: failsByEither,
      attributes: attributesOf({ swe_environment: run['environment'] }),
    },
    identity: typeof status === 'string' ? run : undefined,
    turns: turnsOfHistory(history),
    end:
      typeof status === 'string'
        ? { how: status.startsWith('submitted') ? 'completed' : 'failed', reason: status }
        : undefined,
  }
}

/** `{messages, metadata}`: AgentDojo's runs, and the form that we recommend. */
function messagesConversation(run: Fields, messages: readonly unknown[]): Conversation {
  const metadata = isRecord(run['metadata']) ? run['metadata'] : {}
  const turns = plainTurns(messages)
  const model = idOf(metadata['model'] ?? run['model'])
  if (typeof metadata['suite_name'] === 'string' && metadata['user_task_id'] !== undefined) {
    return {
      context: {
        ...workflowOf(metadata['suite_name']),
        resultRules: failsByFlag,
        ...(model === undefined ? {} : { model }),
        attributes: attributesOf({
          user_task: metadata['user_task_id'],
          injection_task: metadata['injection_task_id'],
          attack: metadata['attack_type'],
        }),
      },
      identity: run,
      turns,
      end: {
        how: typeof metadata['error'] === 'string' ? 'failed' : 'completed',
        attributes: attributesOf({ user_task_solved: metadata['success'] }),
      },
    }
  }
  const id = metadata['id'] ?? run['id'] ?? run['conversation_id'] ?? run['session_id']
  const startedAt = normalizeTime(metadata['started_at'])
  const words = {
    workflowVersion: idOf(metadata['version']),
    model,
    agentId: idOf(metadata['agent']),
    sessionId: idOf(id),
    customerId: idOf(metadata['customer_id']),
    correlationId: idOf(metadata['correlation_id']),
    startMs: startedAt === undefined ? undefined : Date.parse(startedAt),
  }
  const known = Object.fromEntries(Object.entries(words).filter(([, value]) => value !== undefined))
  return {
    context: { ...workflowOf(metadata['workflow']), resultRules: failsByEither, ...known },
    identity: words.sessionId === undefined ? undefined : ['conversation', id],
    named: words.sessionId !== undefined,
    turns,
    end: metadataEnd(metadata),
  }
}

function metadataEnd(metadata: Fields): RunEnd | undefined {
  const { status } = metadata
  if (status !== 'completed' && status !== 'failed' && status !== 'cancelled') return undefined
  const at = normalizeTime(metadata['ended_at'])
  const { reason } = metadata
  return { how: status, ...(typeof reason === 'string' ? { reason } : {}), ...(at === undefined ? {} : { at }) }
}

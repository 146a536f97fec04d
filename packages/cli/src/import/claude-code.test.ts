import { expect, test } from 'vitest'
import { parseActionMap } from '@counterfoil/schema/action-map'
import { faultsOf, itemsOf, rejectionsOf, runsOf, type SeenEvent } from '../../test/import/import-file.ts'

const at = (second: number): string => `2026-03-01T10:00:${String(second).padStart(2, '0')}Z`
const base = { sessionId: 's-1', version: '2.0.1', isSidechain: false, cwd: '/work' }
const user = (uuid: string, second: number, content: unknown, more: object = {}): object => ({
  ...base,
  type: 'user',
  uuid,
  timestamp: at(second),
  message: { role: 'user', content },
  ...more,
})
const assistant = (
  uuid: string,
  second: number,
  content: unknown[],
  more: object = {},
  message: object = {},
): object => ({
  ...base,
  type: 'assistant',
  uuid,
  timestamp: at(second),
  message: { role: 'assistant', model: 'model-1', content, ...message },
  ...more,
})
const call = (id: string, name: string, input: object): object => ({ type: 'tool_use', id, name, input })
const result = (id: string, content: unknown, isError = false): object => ({
  type: 'tool_result',
  tool_use_id: id,
  content,
  is_error: isError,
})
const file = (...lines: (object | string)[]): string =>
  lines.map((line) => (typeof line === 'string' ? line : JSON.stringify(line))).join('\n') + '\n'
const kinds = (events: readonly SeenEvent[] | undefined): string[] =>
  (events ?? []).map(({ event_type, tool, result: verdict }) =>
    [event_type, tool?.name, verdict].filter(Boolean).join(' '),
  )

test('a session: trigger, words, reads, writes, commands', () => {
  const items = itemsOf(
    'claude-code',
    file(
      { type: 'file-history-snapshot', messageId: 'm' },
      user('u1', 1, 'Fix the tax rate.'),
      assistant('a1', 2, [
        { type: 'thinking', thinking: 'hm' },
        { type: 'text', text: 'I look.' },
      ]),
      assistant('a2', 3, [call('t1', 'Read', { file_path: '/home/ana/tax.ts' })]),
      user('u2', 4, [result('t1', 'export const rate = 18')]),
      assistant('a3', 5, [call('t2', 'Edit', { file_path: '/home/ana/tax.ts', old_string: '18', new_string: '19' })]),
      user('u3', 6, [result('t2', 'ok')]),
      assistant('a4', 7, [call('t3', 'Bash', { command: 'npm test' })]),
      user('u4', 8, [result('t3', 'exit 1', true)]),
      user('u5', 9, 'never mind', { isMeta: true }),
      { type: 'summary', summary: 'Tax', leafUuid: 'u4' },
    ),
  )
  expect(rejectionsOf(items)).toEqual([])
  expect(faultsOf(items)).toEqual([])
  const [only, ...others] = runsOf(items)
  expect(others).toEqual([])
  expect(kinds(only?.events)).toEqual([
    'run_created',
    'decision_proposed',
    'side_effect_applied',
    'retrieval_completed Read success',
    'decision_proposed Edit',
    'tool_called Edit',
    'tool_completed Edit success',
    'side_effect_applied Edit',
    'decision_proposed Bash',
    'tool_called Bash',
    'tool_completed Bash failure',
    'side_effect_unknown Bash',
  ])
  expect(only?.events[0]).toMatchObject({
    occurred_at: '2026-03-01T10:00:01.000Z',
    session_id: 's-1',
    workflow: { name: 'claude-code', version: '2.0.1' },
    payload: { text: 'Fix the tax rate.' },
  })
  expect(only?.run.skipped).toEqual({ 'file-history-snapshot': 1, meta: 1, summary: 1, thinking: 1 })
})

test('what a person refused was blocked, what was interrupted nobody knows', () => {
  const refused = "The user doesn't want to proceed with this tool use. The tool use was rejected."
  const items = itemsOf(
    'claude-code',
    file(
      user('u1', 1, 'Go'),
      assistant('a1', 2, [call('t1', 'Write', { file_path: '/a' }), call('t2', 'Write', { file_path: '/b' })]),
      user('u2', 3, [result('t1', refused, true)]),
      user('u3', 4, [result('t2', '[Request interrupted by user for tool use]', true)]),
    ),
  )
  expect(kinds(runsOf(items)[0]?.events).slice(5)).toEqual([
    'tool_completed Write denied',
    'side_effect_blocked Write',
    'tool_completed Write unknown',
    'side_effect_unknown Write',
  ])
})

test('parallel calls on several lines, answered in another order, keep their answers', () => {
  const items = itemsOf(
    'claude-code',
    file(
      user('u1', 1, 'Go'),
      assistant(
        'a1',
        2,
        [call('t1', 'Write', { file_path: '/a' })],
        {},
        { id: 'msg', usage: { input_tokens: 5, output_tokens: 7 } },
      ),
      assistant(
        'a2',
        2,
        [call('t2', 'Write', { file_path: '/b' })],
        {},
        { id: 'msg', usage: { input_tokens: 5, output_tokens: 7 } },
      ),
      user('u2', 3, [result('t2', 'b')]),
      user('u3', 4, [result('t1', 'a', true)]),
    ),
  )
  const events = runsOf(items)[0]?.events ?? []
  const applied = events.filter(({ event_type }) => event_type === 'side_effect_applied')
  expect(applied.map(({ target }) => target?.id)).toEqual(['/b'])
  expect(events.filter((event) => 'usage' in event)).toHaveLength(1)
})

test('a sub-agent is a run of its own, below the run that asked it', () => {
  const side = { isSidechain: true, agentId: 'ag1' }
  const items = itemsOf(
    'claude-code',
    file(
      user('u1', 1, 'Go'),
      assistant('a1', 2, [call('t1', 'Task', { prompt: 'Look' })]),
      user('s1', 3, 'Look', side),
      assistant('s2', 4, [{ type: 'text', text: 'Seen' }], side),
      user('u2', 5, [result('t1', 'Seen')]),
    ),
  )
  const [main, sub] = runsOf(items)
  expect(kinds(main?.events)).toEqual([
    'run_created',
    'decision_proposed Task',
    'tool_called Task',
    'tool_completed Task success',
  ])
  expect(sub?.events[0]).toMatchObject({
    parent_run_id: main?.run.runId,
    session_id: 's-1',
    trigger: { type: 'agent' },
  })
  expect(faultsOf(items)).toEqual([])
})

test('a broken line is reported and takes nothing with it; mended, only its own events are new', () => {
  const good = [
    user('u1', 1, 'Go'),
    assistant('a1', 2, [{ type: 'text', text: 'One' }]),
    user('u2', 3, 'And?'),
  ] as const
  const mended = itemsOf('claude-code', file(...good))
  const broken = itemsOf('claude-code', file(good[0], '{"type": "assistant", "mess', good[2]))
  expect(rejectionsOf(broken)).toEqual([
    {
      kind: 'rejected',
      file: 'a-file',
      line: 2,
      code: 'json_invalid',
      message: expect.stringMatching(/^Not JSON/) as string,
    },
  ])
  const texts = (items: typeof broken): string[] =>
    items.filter((item) => item.kind === 'event').map((item) => item.text)
  expect(texts(mended).filter((text) => !texts(broken).includes(text))).toHaveLength(2)
  expect(texts(broken).filter((text) => !texts(mended).includes(text))).toEqual([])
})

test('a map adds the tools of MCP servers; ours stay known', () => {
  const map = parseActionMap({
    version: 1,
    name: 'mine',
    tools: { 'mcp__mail__*': { action: 'email.send', effect: 'communicate', target: { type: 'mailbox', id: '/to' } } },
  })
  const items = itemsOf(
    'claude-code',
    file(
      user('u1', 1, 'Go'),
      assistant('a1', 2, [
        call('t1', 'mcp__mail__send', { to: 'x@example.com' }),
        call('t2', 'Read', { file_path: '/a' }),
      ]),
    ),
    map,
  )
  const [only] = runsOf(items)
  expect(only?.events.find(({ event_type }) => event_type === 'decision_proposed')).toMatchObject({
    action: { type: 'email.send', effect_class: 'communicate' },
    target: { type: 'mailbox', id: 'x@example.com' },
  })
  expect(only?.run).toMatchObject({ openCalls: 2, unmappedTools: {} })
})

test('a resumed session is copied into a new file: two runs of one session, never two contents of one event', () => {
  const begin = user('u1', 1, 'Go')
  const rest = assistant('a1', 2, [{ type: 'text', text: 'One' }])
  const [whole] = runsOf(itemsOf('claude-code', file(begin, rest)))
  const [resumed] = runsOf(itemsOf('claude-code', file(rest)))
  expect(resumed?.run.runId).not.toBe(whole?.run.runId)
  expect(resumed?.events[0]).toMatchObject({ session_id: 's-1', trigger: { type: 'unknown' } })
})

test('a session that begins with the agent says of nobody that they asked', () => {
  const [only] = runsOf(itemsOf('claude-code', file(assistant('a1', 1, [call('t1', 'TodoWrite', { todos: [] })]))))
  expect(only?.events[0]?.trigger).toEqual({ type: 'unknown' })
})

test('what a local command printed was said by nobody, and an interruption is an intervention', () => {
  const printed = '<local-command-stdout>Bye</local-command-stdout>'
  const items = itemsOf(
    'claude-code',
    file(
      user('u0', 0, printed),
      user('u1', 1, 'Go'),
      assistant('a1', 2, [call('t1', 'Bash', { command: 'sleep 9' })]),
      user('u2', 3, 'Caveat: The messages below were generated by the user while running local commands. DO NOT …'),
      user('u3', 4, [{ type: 'text', text: '[Request interrupted by user for tool use]' }]),
      user('u4', 5, 'Do it otherwise. [Request interrupted by user]'),
    ),
  )
  expect(faultsOf(items)).toEqual([])
  const [only] = runsOf(items)
  expect(only?.events[0]).toMatchObject({ trigger: { type: 'user', ref: 'message:2' }, payload: { text: 'Go' } })
  const spoken = (only?.events ?? []).filter(({ event_type }) => /^input|^decision_over/.test(event_type))
  expect(spoken.map(({ event_type, actor, reason_code: reason }) => [event_type, actor, reason])).toEqual([
    ['input_resolved', { type: 'system', id: 'system' }, undefined],
    ['input_resolved', { type: 'system', id: 'system' }, undefined],
    ['decision_overridden', { type: 'human', id: 'user' }, 'user_interrupted'],
    ['input_resolved', { type: 'human', id: 'user' }, undefined],
  ])
  // The printed text answers no open call; the interruption ends the waiting for one.
  expect(kinds(only?.events).indexOf('side_effect_unknown Bash')).toBe(
    kinds(only?.events).indexOf('decision_overridden') - 1,
  )
})

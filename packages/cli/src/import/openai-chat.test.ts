import { gzipSync } from 'node:zlib'
import { parseActionMap } from '@counterfoil/schema/action-map'
import { describe, expect, test } from 'vitest'
import { faultsOf, itemsOf, rejectionsOf, runsOf, type SeenEvent } from '../../test/import/import-file.ts'

const map = parseActionMap({
  version: 1,
  name: 'shop',
  tools: {
    get_order: { action: 'order.get', effect: 'read', target: { type: 'order', id: '/order' }, trust: 'trusted' },
    refund: {
      action: 'refund.create',
      effect: 'financial',
      target: { type: 'order', id: '/order' },
      receipt: { ref: '/id' },
      result: { unknown: [{ text_pattern: 'timed out' }] },
    },
    think: { action: 'thought.note', effect: 'none' },
  },
})

const call = (id: string, name: string, args: unknown): object => ({
  id,
  type: 'function',
  function: { name, arguments: typeof args === 'string' ? args : JSON.stringify(args) },
})
const calls = (...list: object[]): object => ({ role: 'assistant', content: null, tool_calls: list })
const answer = (id: string | undefined, content: string, more: object = {}): object => ({
  role: 'tool',
  ...(id === undefined ? {} : { tool_call_id: id }),
  content,
  ...more,
})
const asked = { role: 'user', content: 'Refund W1, please.' }
const system = { role: 'system', content: 'Be kind.' }
const said = { role: 'assistant', content: 'Done.' }

const read = (value: unknown): ReturnType<typeof itemsOf> => itemsOf('openai-chat', JSON.stringify(value), map)
const eventsOf = (value: unknown): readonly SeenEvent[] => runsOf(read(value))[0]?.events ?? []
const kinds = (events: readonly SeenEvent[]): string[] =>
  events.map(({ event_type, tool, result }) => [event_type, tool?.name, result].filter(Boolean).join(' '))

describe('what a conversation becomes', () => {
  const messages = [
    system,
    asked,
    calls(call('c1', 'get_order', { order: 'W1' })),
    answer('c1', '{"total": 12}'),
    calls(call('c2', 'refund', { order: 'W1' })),
    answer('c2', '{"id": "re_1"}'),
    said,
    { role: 'user', content: 'Thanks, I approve.' },
  ]
  const events = eventsOf(messages)

  test('its events, in order', () => {
    expect(kinds(events)).toEqual([
      'run_created',
      'input_resolved',
      'retrieval_completed get_order success',
      'decision_proposed refund',
      'tool_called refund',
      'tool_completed refund success',
      'side_effect_applied refund',
      'decision_proposed',
      'side_effect_applied',
      'input_resolved',
    ])
    expect(faultsOf(read(messages))).toEqual([])
  })

  test('trigger, prompt, sources, target, receipt, words', () => {
    const [created, prompt, retrieval, proposal, , , effect, message, , later] = events
    expect(created).toMatchObject({
      environment: 'import',
      trigger: { type: 'user', ref: 'message:2' },
      payload: { text: 'Refund W1, please.' },
    })
    expect(prompt).toMatchObject({
      sources: [{ type: 'prompt', id: 'system', version: expect.stringMatching(/^sha256:[0-9a-f]{64}$/) as string }],
      payload: { text: 'Be kind.' },
    })
    expect(retrieval).toMatchObject({
      sources: [{ type: 'order', id: 'W1', trust: 'trusted' }],
      payload: { parameters: { order: 'W1' }, text: '{"total": 12}' },
    })
    expect(proposal).toMatchObject({ target: { type: 'order', id: 'W1' }, payload: { parameters: { order: 'W1' } } })
    expect(effect?.effect).toEqual({ status: 'applied', external_ref: 're_1' })
    expect(message).toMatchObject({
      action: { type: 'message.send', effect_class: 'communicate' },
      target: { type: 'user', id: 'user' },
      payload: { parameters: { text: 'Done.' } },
    })
    expect(later).toMatchObject({ actor: { type: 'human', id: 'user' }, payload: { text: 'Thanks, I approve.' } })
  })

  test('no envelope holds a word of the conversation', () => {
    const envelopes = JSON.stringify(events.map(({ payload: _payload, ...envelope }) => envelope))
    for (const words of ['Refund W1', 'Be kind', 'Thanks', 'Done.', '"total']) expect(envelopes).not.toContain(words)
  })

  test('prose is never an approval, and a bare conversation has no end', () => {
    expect(events.filter(({ event_type }) => /approval|run_(?!created)/.test(event_type))).toEqual([])
    expect(runsOf(read(messages))[0]?.run.ended).toBe(false)
  })
})

const answered = (...answers: object[]) =>
  eventsOf([asked, calls(call('c1', 'refund', { order: 'A' }), call('c2', 'refund', { order: 'B' })), ...answers])
    .filter(({ event_type }) => event_type === 'tool_completed')
    .map(({ target, result }) => [target?.id, result])

describe('pairing', () => {
  test('the same id on different calls: order decides', () => {
    const events = eventsOf([
      asked,
      calls(call('c1', 'refund', { order: 'A' })),
      answer('c1', 'Error: no'),
      calls(call('c1', 'refund', { order: 'B' }), call('c1', 'refund', { order: 'C' })),
      answer('c1', '{"id": "b"}'),
      answer('c1', 'Error: no'),
    ])
    const done = events.filter(({ event_type }) => event_type === 'tool_completed')
    expect(done.map(({ target, result }) => [target?.id, result])).toEqual([
      ['A', 'failure'],
      ['B', 'success'],
      ['C', 'failure'],
    ])
  })

  test('within a turn an id finds its call; without ids the order does', () => {
    expect(answered(answer('c2', 'Error: no'), answer('c1', '{}'))).toEqual([
      ['B', 'failure'],
      ['A', 'success'],
    ])
    expect(answered(answer(undefined, 'Error: no'), answer(undefined, '{}'))).toEqual([
      ['A', 'failure'],
      ['B', 'success'],
    ])
  })

  test('a call that the conversation left behind is unknown; one at the end is open', () => {
    const messages = [
      asked,
      calls(call('c1', 'refund', { order: 'A' })),
      said,
      calls(call('c2', 'refund', { order: 'B' })),
    ]
    const events = eventsOf(messages)
    expect(events.filter(({ effect, tool }) => effect !== undefined && tool !== undefined)).toMatchObject([
      {
        event_type: 'side_effect_unknown',
        target: { id: 'A' },
        reason_code: 'no_result',
        effect: { status: 'unknown' },
      },
    ])
    expect(runsOf(read(messages))[0]?.run.openCalls).toBe(1)
  })

  test('a result under another name goes by order', () => {
    const events = eventsOf([
      asked,
      calls(call('c1', 'refund', { order: 'A' })),
      answer(undefined, '{}', { name: 'shop.refund' }),
    ])
    expect(events.at(-1)).toMatchObject({ event_type: 'side_effect_applied', target: { id: 'A' } })
  })

  test('a result that answers nothing is reported', () => {
    const items = read([asked, said, answer('c9', 'lost')])
    expect(rejectionsOf(items).map(({ code }) => code)).toEqual(['result_without_call'])
    expect(runsOf(items)).toHaveLength(1)
  })
})

const lifeOf = (content: string, more: object = {}, name = 'refund') =>
  kinds(eventsOf([asked, calls(call('c1', name, { order: 'A' })), answer('c1', content, more)])).slice(1)

describe('results', () => {
  test('an error as text, as a flag, or neither', () => {
    expect(lifeOf('Error: no such order').at(-1)).toBe('tool_completed refund failure')
    expect(lifeOf('None', { error: 'ValueError' }).at(-1)).toBe('tool_completed refund failure')
    expect(lifeOf('No Error: at all').slice(-2)).toEqual([
      'tool_completed refund success',
      'side_effect_applied refund',
    ])
  })
  test('a timeout leaves the effect unknown', () => {
    expect(lifeOf('request timed out').slice(-2)).toEqual([
      'tool_completed refund unknown',
      'side_effect_unknown refund',
    ])
  })
  test('a decision without effect is proposed, called and completed', () => {
    expect(lifeOf('', {}, 'think')).toEqual([
      'decision_proposed think',
      'tool_called think',
      'tool_completed think success',
    ])
  })
  test('a tool that the map does not know is of unknown effect, and the run says so', () => {
    expect(lifeOf('fine', {}, 'mystery').slice(-2)).toEqual([
      'tool_completed mystery success',
      'side_effect_unknown mystery',
    ])
    const { run } = runsOf(read([asked, calls(call('c1', 'mystery', {}))]))[0] ?? {}
    expect(run?.unmappedTools).toEqual({ mystery: 1 })
  })
  test('arguments that are no JSON stay as the model wrote them', () => {
    const events = eventsOf([asked, calls(call('c1', 'refund', '{"order": "A"'))])
    expect(events[1]).toMatchObject({ event_type: 'decision_proposed', payload: { parameters: '{"order": "A"' } })
    expect(events[1]?.target).toBeUndefined()
  })
  test('numbers keep their digits', () => {
    const events = eventsOf([asked, calls(call('c1', 'refund', '{"order": 12345678901234567890}'))])
    expect(events[1]).toMatchObject({ target: { id: '12345678901234567890' } })
  })
})

const runIds = (bytes: string | Uint8Array): string[] =>
  runsOf(itemsOf('openai-chat', bytes, map)).map(({ run }) => run.runId)

const codeOf = (bytes: Uint8Array): unknown[] => rejectionsOf(itemsOf('openai-chat', bytes)).map(({ code }) => code)

describe('files', () => {
  const one = [asked, said]
  const two = [{ ...asked, content: 'Where is W2?' }, said]
  test('JSON, pretty JSON, gzip, JSONL of messages: the same runs', () => {
    const [id] = runIds(JSON.stringify(one))
    expect(id).toMatch(/^run-[0-9a-f]{24}$/)
    expect(runIds(JSON.stringify(one, undefined, 2))).toEqual([id])
    expect(runIds(gzipSync(JSON.stringify([one, two])))).toHaveLength(2)
    expect(runIds(`\uFEFF${JSON.stringify({ messages: one })}`)).toEqual([id])
    expect(
      runsOf(itemsOf('openai-chat', `${one.map((line) => JSON.stringify(line)).join('\n')}\n`)).map(
        ({ run }) => run.events,
      ),
    ).toEqual([3])
  })

  test('a line each: conversations, with a broken one between them', () => {
    const items = itemsOf(
      'openai-chat',
      `${JSON.stringify({ messages: one })}\n{"messages": [\n\n${JSON.stringify(two)}\n42\n`,
    )
    expect(runsOf(items).map(({ run }) => run.line)).toEqual([1, 4])
    expect(rejectionsOf(items).map(({ line, code }) => [line, code])).toEqual([
      [2, 'json_invalid'],
      [5, 'not_a_transcript'],
    ])
  })

  test('messages, a line each: a grown file adds only what is new', () => {
    const lines = [system, asked, calls(call('c1', 'refund', { order: 'A' })), answer('c1', '{}'), said, asked].map(
      (line) => `${JSON.stringify(line)}\n`,
    )
    const textsOf = (count: number): string[] =>
      itemsOf('openai-chat', lines.slice(0, count).join(''), map)
        .filter((item) => item.kind === 'event')
        .map((item) => item.text)
    const whole = textsOf(lines.length)
    for (let count = 3; count <= lines.length; count++)
      expect(whole.slice(0, textsOf(count).length)).toEqual(textsOf(count))
    expect(new Set(whole).size).toBe(whole.length)
    // Before the agent has done anything, nothing tells this conversation from any other with the same beginning.
    expect(rejectionsOf(itemsOf('openai-chat', lines.slice(0, 2).join(''))).map(({ code }) => code)).toEqual([
      'no_agent_turn',
    ])
  })

  test('the name of a file changes nothing, and the same conversation twice is two runs', () => {
    const bytes = JSON.stringify([one, one])
    const named = (file: string) => runsOf(itemsOf('openai-chat', bytes, map, file)).map(({ events }) => events)
    expect(named('a.json')).toEqual(named('b.json'))
    expect(new Set(runIds(bytes)).size).toBe(2)
  })

  test('a conversation with an id stands twice in a file, the second time grown: one run', () => {
    const file = [one, [...one, asked]]
      .map((messages) => JSON.stringify({ messages, metadata: { id: 'c-1' } }))
      .join('\n')
    expect(new Set(runIds(file)).size).toBe(1)
    const texts = itemsOf('openai-chat', file, map).flatMap((item) => (item.kind === 'event' ? [item.text] : []))
    expect(texts).toHaveLength(3 + 4)
    expect(new Set(texts).size).toBe(4)
  })

  test('a message that is none is reported; the others are there', () => {
    const items = read([asked, 42, said, null])
    expect(rejectionsOf(items).map(({ code, message }) => [code, message])).toEqual([
      ['not_a_message', 'Message 2 is no object with a role.'],
      ['not_a_message', 'Message 4 is no object with a role.'],
    ])
    expect(kinds(runsOf(items)[0]?.events ?? [])).toEqual(['run_created', 'decision_proposed', 'side_effect_applied'])
  })

  test.each([
    ['', 'empty_file'],
    [' \n\n', 'empty_file'],
    ['{"a": 1}', 'not_a_transcript'],
    ['{"messages": [', 'json_invalid'],
    ['\xff\xfe', 'not_a_transcript'],
    ['['.repeat(100_000), 'json_too_deep'],
  ])('%j is refused with a code', (text, code) => {
    const items = itemsOf('openai-chat', text.startsWith('\xff') ? '7' : text)
    expect(items.map((item) => (item.kind === 'rejected' ? item.code : item.kind))).toEqual([code])
  })

  test('bytes that are no text, broken gzip, and a gzip bomb', () => {
    expect(codeOf(Buffer.from([0xff, 0xfe, 0x41]))).toEqual(['not_utf8'])
    expect(codeOf(gzipSync('[]').subarray(0, 12))).toEqual(['gzip_invalid'])
    expect(codeOf(gzipSync(Buffer.alloc(257 * 1024 * 1024)))).toEqual(['too_large'])
  })

  test('metadata name the run, its customer and its end', () => {
    const metadata = {
      id: 'conv-1',
      workflow: 'support',
      version: '3',
      model: 'model-1',
      customer_id: 'acme',
      correlation_id: 'ticket-9',
      started_at: '2026-03-01T10:00:00+01:00',
      status: 'completed',
      ended_at: '2026-03-01T10:05:00+01:00',
    }
    const events = eventsOf({ messages: one, metadata })
    expect(events[0]).toMatchObject({
      occurred_at: '2026-03-01T09:00:00.000Z',
      workflow: { name: 'support', version: '3' },
      customer_id: 'acme',
      correlation_id: 'ticket-9',
      session_id: 'conv-1',
      model: { name: 'model-1' },
    })
    expect(events.at(-1)).toMatchObject({ event_type: 'run_completed', occurred_at: '2026-03-01T09:05:00.000Z' })
    expect(faultsOf(read({ messages: one, metadata }))).toEqual([])
  })
})

test('a transcript that begins with the agent says of nobody that they asked', () => {
  const [created] = eventsOf([calls(call('c1', 'refund', { order: 'W1' })), answer('c1', 'ok')])
  expect(created?.trigger).toEqual({ type: 'unknown' })
  expect(created?.payload).toBeUndefined()
})

test('what a tool without a rule, or a command, did before it failed is unknown', () => {
  const commands = parseActionMap({
    version: 1,
    name: 'box',
    tools: {
      run: { action: 'command.run', effect: 'execute' },
      save: { action: 'file.save', effect: 'write' },
    },
  })
  const ends = (name: string): unknown[] => {
    const text = JSON.stringify([asked, calls(call('c1', name, {})), answer('c1', 'Error: broken pipe')])
    return (runsOf(itemsOf('openai-chat', text, commands))[0]?.events ?? [])
      .slice(-2)
      .map(({ event_type, result, effect }) => [event_type, result, effect?.status].filter(Boolean).join(' '))
  }
  for (const name of ['run', 'nobody_knows'])
    expect(ends(name)).toEqual(['tool_completed failure', 'side_effect_unknown unknown'])
  expect(ends('save')).toEqual(['tool_called', 'tool_completed failure not_applied'])
})

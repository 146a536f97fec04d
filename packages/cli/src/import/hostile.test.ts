import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { faultsOf, itemsOf, readMap, runsOf } from '../../test/import/import-file.ts'
import { importers } from './index.ts'

const map = readMap('tau-retail')

/** What is wrong with what an importer makes of a file: events that are not valid, ids that occur twice. */
function problemsOf(name: string, bytes: Uint8Array | string): string[] {
  const items = itemsOf(name, bytes, map)
  if (name === 'ndjson') return []
  runsOf(items)
  const events = items.flatMap((item) => (item.kind === 'event' ? [item.event] : []))
  const proposals = events.filter((event) => event['event_type'] === 'decision_proposed')
  return [
    ...faultsOf(items),
    ...repeatedInRun(events, (event) => event['event_id'] as string),
    ...repeatedInRun(proposals, (event) => (event['action'] as { id: string }).id),
  ]
}

const expectSound = (name: string, bytes: Uint8Array | string): void => expect(problemsOf(name, bytes)).toEqual([])

/** Ids of different events that are the same; the same event again is a conversation that stands in the file twice. */
function repeatedInRun(
  events: readonly Readonly<Record<string, unknown>>[],
  idOf: (event: Readonly<Record<string, unknown>>) => string,
): string[] {
  const textsById = Map.groupBy(new Set(events.map((event) => JSON.stringify(event))), (text) =>
    idOf(JSON.parse(text) as Record<string, unknown>),
  )
  return [...textsById].filter(([, texts]) => texts.length > 1).map(([id]) => id)
}

/** Words that the importers look for, so that random values come close to real files. */
const text = fc.oneof(
  fc.string({ unit: 'binary', maxLength: 60 }),
  fc.constantFrom(
    'user',
    'assistant',
    'tool',
    'system',
    '\ud800',
    '\u202e\u0000\n',
    '2026-02-30T00:00:00Z',
    '2026-01-01T00:00:00',
    'x'.repeat(9_000),
    '__proto__',
  ),
)
const leaf = fc.oneof(text, fc.integer(), fc.double(), fc.boolean(), fc.constant(null))
const { content, message } = fc.letrec((tie) => ({
  content: fc.oneof(
    { depthSize: 'small' },
    leaf,
    fc.array(
      fc.record(
        {
          type: fc.constantFrom('text', 'tool_use', 'tool_result', 'image'),
          text: leaf,
          id: leaf,
          name: leaf,
          input: tie('content'),
          tool_use_id: leaf,
          content: tie('content'),
          is_error: leaf,
        },
        { requiredKeys: ['type'] },
      ),
      { maxLength: 4 },
    ),
    fc.dictionary(text, tie('content'), { maxKeys: 3 }),
  ),
  call: fc.oneof(
    leaf,
    fc.record(
      {
        id: leaf,
        requestor: fc.constantFrom('user', 'assistant', 7),
        function: fc.record(
          {
            name: fc.oneof(text, fc.constantFrom('cancel_pending_order', 'get_order_details')),
            arguments: fc.oneof(text, fc.json(), tie('content')),
          },
          { requiredKeys: [] },
        ),
      },
      { requiredKeys: [] },
    ),
  ),
  message: fc.oneof(
    { weight: 1, arbitrary: leaf },
    {
      weight: 6,
      arbitrary: fc.record(
        {
          role: fc.constantFrom('user', 'assistant', 'tool', 'system', 'function', 'other'),
          content: tie('content'),
          tool_calls: fc.array(tie('call'), { maxLength: 4 }),
          tool_call_id: leaf,
          error: leaf,
          timestamp: leaf,
          usage: fc.record({ prompt_tokens: leaf, completion_tokens: leaf }, { requiredKeys: [] }),
          is_demo: fc.boolean(),
          action: leaf,
        },
        { requiredKeys: ['role'] },
      ),
    },
  ),
}))
const messages = fc.array(message, { maxLength: 12 })
const metadata = fc.dictionary(
  fc.constantFrom(
    'id',
    'workflow',
    'model',
    'customer_id',
    'status',
    'ended_at',
    'suite_name',
    'user_task_id',
    'reason',
  ),
  leaf,
)
const transcript = fc.oneof(
  messages,
  fc.record({ messages, metadata }),
  fc.record({ traj: messages, task_id: leaf, trial: leaf, reward: leaf, info: fc.oneof(leaf, metadata) }),
  fc.record({
    simulations: fc.array(
      fc.oneof(leaf, fc.record({ id: fc.uuid(), messages, termination_reason: leaf, start_time: leaf })),
      { maxLength: 3 },
    ),
    info: leaf,
  }),
  fc.record({ history: messages, info: fc.record({ exit_status: leaf }) }),
  fc.array(fc.record({ messages }), { maxLength: 3 }),
)
const entry = fc.oneof(
  { weight: 1, arbitrary: leaf },
  {
    weight: 8,
    arbitrary: fc.record(
      {
        type: fc.constantFrom('user', 'assistant', 'system', 'summary', 3),
        sessionId: fc.oneof(fc.constantFrom('a', 'b'), leaf),
        uuid: leaf,
        parentUuid: leaf,
        timestamp: leaf,
        version: leaf,
        isSidechain: fc.boolean(),
        agentId: leaf,
        message: fc.oneof(leaf, fc.record({ role: leaf, model: leaf, id: leaf, content }, { requiredKeys: [] })),
      },
      { requiredKeys: ['type'] },
    ),
  },
)

const bytes = (list: readonly unknown[]): string => list.map((line) => `${JSON.stringify(line)}\n`).join('')

describe.each(importers.map(({ name }) => name))('%s never throws', (name) => {
  test('on any bytes', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 300 }), (bytes) => {
        expect(problemsOf(name, bytes)).toEqual([])
      }),
    )
  })
  test('on any JSON', () => {
    fc.assert(
      fc.property(fc.json(), (json) => {
        expect(problemsOf(name, json)).toEqual([])
      }),
    )
  })
})

describe('what is almost a transcript', () => {
  test('openai-chat', () => {
    fc.assert(
      fc.property(transcript, (value) => {
        expect(problemsOf('openai-chat', JSON.stringify(value))).toEqual([])
      }),
      { numRuns: 400 },
    )
  })
  test('openai-chat, a message a line, cut anywhere', () => {
    fc.assert(
      fc.property(messages, fc.nat({ max: 5_000 }), (list, cut) => {
        expect(problemsOf('openai-chat', bytes(list).slice(0, cut))).toEqual([])
      }),
    )
  })
  test('claude-code: valid, and a grown file only adds', () => {
    fc.assert(
      fc.property(fc.array(entry, { maxLength: 12 }), fc.nat({ max: 12 }), (entries, count) => {
        expectSound('claude-code', bytes(entries))
        const textsOf = (list: readonly unknown[]): string[] =>
          itemsOf('claude-code', bytes(list), map).flatMap((item) => (item.kind === 'event' ? [item.text] : []))
        const whole = new Set(textsOf(entries))
        expect(textsOf(entries.slice(0, count)).filter((line) => !whole.has(line))).toEqual([])
      }),
      { numRuns: 400 },
    )
  })
})

describe('too much of something', () => {
  const asked = { role: 'user', content: 'Go' }
  test('a message of 2 MiB is cut visibly, and the cut is on record', () => {
    const items = itemsOf(
      'openai-chat',
      JSON.stringify([
        { role: 'user', content: 'x'.repeat(2 * 1024 * 1024) },
        { role: 'assistant', content: 'ok' },
      ]),
    )
    expect(faultsOf(items)).toEqual([])
    const payload = runsOf(items)[0]?.events[0]?.payload as { text: string; cuts: unknown }
    expect(payload.text).toMatch(/^x+…\[cut\]$/)
    expect(payload.cuts).toEqual([{ path: '/text', original_size: 2 * 1024 * 1024 }])
  })
  test('deep arguments are cut where a payload may go no deeper', () => {
    const deep = `${'['.repeat(120)}${']'.repeat(120)}`
    const items = itemsOf(
      'openai-chat',
      JSON.stringify([asked, { role: 'assistant', tool_calls: [{ function: { name: 'f', arguments: deep } }] }]),
    )
    expect(faultsOf(items)).toEqual([])
    expect(JSON.stringify(runsOf(items)[0]?.events[1]?.payload)).toContain('…[cut]')
  })
  test('a million tiny members', () => {
    const many = Array.from({ length: 700_000 }, () => 0)
    const items = itemsOf(
      'openai-chat',
      JSON.stringify([
        asked,
        { role: 'assistant', tool_calls: [{ function: { name: 'f', arguments: JSON.stringify(many) } }] },
      ]),
    )
    expect(faultsOf(items)).toEqual([])
    expect(runsOf(items)[0]?.events[1]?.payload?.['cuts']).toEqual([{ path: '/parameters', original_size: 700_000 }])
  })
  test('more calls than one message can number', () => {
    const call = { function: { name: 'f', arguments: '{}' } }
    const items = itemsOf(
      'openai-chat',
      JSON.stringify([asked, { role: 'assistant', tool_calls: Array.from({ length: 3_000 }, () => call) }]),
    )
    expectSound(
      'openai-chat',
      JSON.stringify([asked, { role: 'assistant', tool_calls: Array.from({ length: 3_000 }, () => call) }]),
    )
    expect(items.flatMap((item) => (item.kind === 'rejected' ? [item.code] : []))).toEqual(['too_many_calls'])
    expect(runsOf(items)[0]?.run.calls).toBe(500)
  })
  test('calls that nobody ever answers do not pile up', () => {
    const turn = {
      type: 'assistant',
      sessionId: 's',
      message: { content: Array.from({ length: 400 }, () => ({ type: 'tool_use', name: 'Bash', input: {} })) },
    }
    const turns = Array.from({ length: 12 }, (_, uuid) => ({ ...turn, uuid: String(uuid) }))
    const goOn = { type: 'user', sessionId: 's', message: { content: 'Go on' } }
    const unanswered = runsOf(itemsOf('claude-code', bytes([...turns, goOn])))[0]
    expect(unanswered?.run).toMatchObject({ calls: 4_800, openCalls: 0 })
    expect(unanswered?.events.filter(({ event_type }) => event_type === 'side_effect_unknown')).toHaveLength(4_800)
    expectSound('claude-code', bytes([...turns, goOn]))
    const words = { ...turn, message: { content: Array.from({ length: 5_000 }, () => ({ type: 'text', text: 'hm' })) } }
    const items = itemsOf('claude-code', JSON.stringify({ ...words, uuid: 'w' }))
    expect(faultsOf(items)).toEqual([])
    expect(items.flatMap((item) => (item.kind === 'rejected' ? [item.code] : []))).toEqual(['message_too_large'])
  })
})

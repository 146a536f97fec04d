import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { findSharedData } from '../../../../test/shared-data.ts'
import { faultsOf, itemsOf, rejectionsOf, runsOf } from './import-file.ts'

const folder = findSharedData('claude-code-log')
const files = folder === undefined ? [] : readdirSync(folder).filter((name) => name.endsWith('.jsonl'))

const eventsById = (bytes: Uint8Array): Map<unknown, string> =>
  new Map(
    itemsOf('claude-code', bytes)
      .filter((item) => item.kind === 'event')
      .map((item) => [item.event['event_id'], item.text]),
  )

describe.runIf(folder !== undefined)('Claude Code sessions', () => {
  test('there are sessions to test with', () => {
    expect(files).toHaveLength(4)
  })

  test.each(files)('%s: a grown file adds only what is new', (file) => {
    const bytes = readFileSync(join(folder ?? '', file))
    const whole = eventsById(bytes)
    let before = 0
    for (let end = 0; end < bytes.length; end = bytes.indexOf(0x0a, end) + 1 || bytes.length) {
      const part = eventsById(bytes.subarray(0, end))
      expect([...part].filter(([id, text]) => whole.get(id) !== text)).toEqual([])
      expect(part.size).toBeGreaterThanOrEqual(before)
      before = part.size
    }
    expect(whole.size).toBeGreaterThan(before - 1)
  })

  test.each(files)('%s: the events are valid, have no end, and their ids are ordered within the run', (file) => {
    const items = itemsOf('claude-code', readFileSync(join(folder ?? '', file)))
    expect(faultsOf(items)).toEqual([])
    for (const { run, events } of runsOf(items)) {
      expect(run.ended).toBe(false)
      expect(events.map(({ event_type }) => event_type).filter((type) => /^run_(?!created)/.test(type))).toEqual([])
      const ids = events.map(({ event_id }) => event_id)
      expect(ids.toSorted()).toEqual(ids)
      const seqs = events.map(({ run_seq }) => run_seq)
      expect(seqs.toSorted((a, b) => a - b)).toEqual(seqs)
    }
  })

  test('broken lines are reported by number; the rest is there', () => {
    const items = itemsOf('claude-code', readFileSync(join(folder ?? '', 'edge_cases.jsonl')))
    expect(rejectionsOf(items).map(({ line, code }) => [line, code])).toEqual([
      [10, 'not_a_message'],
      [11, 'not_a_message'],
      [13, 'not_a_message'],
      [14, 'not_a_message'],
      [15, 'not_a_message'],
      [16, 'not_a_message'],
    ])
    const [main, other] = runsOf(items)
    // The result of MultiEdit stands on a broken line: nobody knows whether the file was written.
    expect(main?.events.filter(({ tool }) => tool?.name === 'MultiEdit').map(({ event_type }) => event_type)).toEqual([
      'decision_proposed',
      'tool_called',
      'side_effect_unknown',
    ])
    expect(main?.events.find(({ event_type }) => event_type === 'tool_completed')).toMatchObject({
      tool: { name: 'FailingTool' },
      result: 'failure',
    })
    expect(main?.run.unmappedTools).toEqual({ FailingTool: 1 })
    expect(other?.run).toMatchObject({ line: 17, calls: 1, openCalls: 1 })
  })

  test('the tools of the product are known: a file is written, a command is run, a list is no effect', () => {
    const actions = files
      .flatMap((file) => runsOf(itemsOf('claude-code', readFileSync(join(folder ?? '', file)))))
      .flatMap(({ events }) => events)
      .filter(({ event_type }) => event_type === 'tool_called')
      .map(({ tool, action, target }) => [tool?.name, action?.type, action?.effect_class, target?.id])
    expect(actions).toContainEqual(['Edit', 'file.edit', 'write', '/tmp/decorator_example.py'])
    expect(actions).toContainEqual(['Bash', 'command.run', 'execute', undefined])
    expect(actions).toContainEqual(['TodoWrite', 'todo.update', 'none', undefined])
  })
})

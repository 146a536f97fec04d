import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createPlace, jsonLines, type Place } from './_program.ts'
import { conversation, refundEvents, writeLines } from './_transcripts.ts'

interface Report {
  readonly runs: number
  readonly events: number
  readonly duplicates: number
  readonly rejected: readonly { file: string; line: number | null; code: string; message: string }[]
}

let place: Place
beforeAll(() => {
  place = createPlace()
})
afterAll(() => place.remove())

/** How well the trigger of each run that matches is founded. */
const grade = async (query: string): Promise<string[]> =>
  jsonLines<{ grades: { trigger: string } }>((await place.run('search', query, '--json')).out).map(
    ({ grades }) => grades.trigger,
  )

const reportOf = (out: string): Report => jsonLines<Report>(out).at(-1) as Report

/** A conversation that its source names, perhaps grown. */
const named = (metadata: object, ...more: object[]): object => {
  const { messages } = conversation('seven', 'W1007')
  return { messages: [...(messages as object[]), ...more], metadata: { id: 'conv-7', ...metadata } }
}

describe('import', () => {
  it('makes the log, adds runs once, and adds what is new of a file that has grown', async () => {
    const file = writeLines(place, 'a.jsonl', [conversation('one')])
    const first = await place.run('import', 'openai-chat', file, '--json')
    expect(first).toMatchObject({ code: 0, err: expect.stringContaining('made the log main') })
    expect(first.err).not.toContain('cfk_')
    const added = reportOf(first.out)
    expect(added).toEqual({ runs: 1, events: added.events, duplicates: 0, rejected: [] })
    expect(added.events).toBeGreaterThan(4)
    expect(reportOf((await place.run('import', 'openai-chat', file, '--json')).out)).toEqual({
      runs: 0,
      events: 0,
      duplicates: added.events,
      rejected: [],
    })
    writeLines(place, 'a.jsonl', [conversation('one'), conversation('two', 'W1002')])
    const grown = reportOf((await place.run('import', 'openai-chat', file, '--json')).out)
    expect(grown).toMatchObject({ runs: 1, duplicates: added.events, rejected: [] })
  })

  it('reports broken lines with file, line and reason, imports the rest, and ends with 1', async () => {
    const file = writeLines(place, 'broken.jsonl', [
      conversation('three', 'W1003'),
      '{"messages": [',
      conversation('four', 'W1004'),
    ])
    const { code, out } = await place.run('import', 'openai-chat', file, join(place.folder, 'absent.jsonl'), '--json')
    const { runs, rejected } = reportOf(out)
    expect(code).toBe(1)
    expect(runs).toBe(2)
    expect(rejected).toEqual([
      { file, line: 2, code: 'json_invalid', message: expect.any(String) },
      { file: join(place.folder, 'absent.jsonl'), line: null, code: 'file_not_found', message: expect.any(String) },
    ])
  })

  it('appends nothing to a run that is known under another action map', async () => {
    const file = writeLines(place, 'map.jsonl', [conversation('five', 'W1005')])
    await place.run('import', 'openai-chat', file)
    const before = (await place.run('verify', '--json')).out
    const tools = join(place.folder, 'tools.json')
    const tool = { action: 'refund.create', effect: 'financial', target: { type: 'order', id: '/order_id' } }
    writeFileSync(tools, JSON.stringify({ version: 1, name: 'shop', tools: { refund_order: tool } }))
    const again = await place.run('import', 'openai-chat', file, '--tools', tools, '--json')
    expect(again.err).toBe('')
    expect(again.code).toBe(1)
    expect(reportOf(again.out)).toMatchObject({
      runs: 0,
      events: 0,
      duplicates: 0,
      rejected: [{ file, code: 'map_changed' }],
    })
    expect((await place.run('verify', '--json')).out).toBe(before)
  })

  it('adds what is new to a run whose metadata gained fields, and names them', async () => {
    const file = writeLines(place, 'named.jsonl', [named({})])
    await place.run('import', 'openai-chat', file)
    writeLines(place, 'named.jsonl', [named({ customer_id: 'c-1', version: '2' }, { role: 'user', content: 'Thanks' })])
    const grown = reportOf((await place.run('import', 'openai-chat', file, '--json')).out)
    expect(grown.rejected).toMatchObject([{ file, code: 'run_changed' }])
    expect(grown.rejected[0]?.message).toContain('other values at /workflow/version, /customer_id.')
    expect(grown).toMatchObject({ runs: 0, events: 1 })
    const renamed = await place.run('import', 'openai-chat', file, '--workflow', 'other', '--json')
    expect(reportOf(renamed.out).rejected).toMatchObject([{ file, code: 'map_changed' }])
  })

  it('says where in an event the fault is', async () => {
    const [created] = refundEvents('run-pointer')
    const file = writeLines(place, 'pointer.ndjson', [{ ...created, trigger: { type: 'nobody' } }])
    const { rejected } = reportOf((await place.run('import', 'ndjson', file, '--json')).out)
    expect(rejected[0]?.message).toContain('(at /trigger/type)')
  })

  it('takes our own events as they stand, each with its own result', async () => {
    const events = refundEvents('run-ndjson')
    const bad = { ...events[1], event_id: '00000000-0000-7000-8000-000000000000', event_type: 'approval_consumed' }
    const file = writeLines(place, 'events.ndjson', [...events, bad, 'no json'])
    const { code, out } = await place.run('import', 'ndjson', file, '--json')
    expect(code).toBe(1)
    expect(reportOf(out)).toMatchObject({ runs: 1, events: 5, duplicates: 0 })
    expect(reportOf(out).rejected.map(({ line, code: why }) => ({ line, why }))).toEqual(
      expect.arrayContaining([
        { line: 6, why: expect.any(String) },
        { line: 7, why: 'json_invalid' },
      ]),
    )
    expect(reportOf(out).rejected).toHaveLength(2)
  })

  it('reads standard input, and says in words what came of it', async () => {
    const input = refundEvents('run-stdin')
      .map((event) => JSON.stringify(event))
      .join('\n')
    const { code, out } = await place.runWith({ input }, 'import', 'ndjson', '-')
    expect({ code, out }).toEqual({
      code: 0,
      out: expect.stringMatching(/^imported 1 run, 5 events into \S+; 0 were there already; 0 rejected\n$/),
    })
  })

  it('grades what it derived as inferred, and our own events as claimed', async () => {
    expect(await grade('run:run-stdin')).toEqual(['claimed'])
    expect(new Set(await grade('-run:run-stdin -run:run-ndjson'))).toEqual(new Set(['inferred']))
  })

  it('refuses a map that is none, with its place, and a format that is none, as usage', async () => {
    const file = writeLines(place, 'b.jsonl', [conversation('six')])
    const tools = writeLines(place, 'bad-tools.json', ['{"tools": 3}'])
    const map = await place.run('import', 'openai-chat', file, '--tools', tools)
    expect(map).toMatchObject({ out: '', err: expect.stringMatching(/^error: .*\[.*\]/), code: 1 })
    expect((await place.run('import', 'yaml', file)).code).toBe(2)
  })
})

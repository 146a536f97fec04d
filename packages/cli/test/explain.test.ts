import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createPlace, jsonLines, type Place } from './_program.ts'
import { conversation, writeLines } from './_transcripts.ts'

let place: Place
let run = ''
beforeAll(async () => {
  place = createPlace()
  // Made here, so that no file holds anything that looks like a secret.
  const password = ['hunter', '2', 'xyz'].join('')
  const long = `I moved, ${'far '.repeat(30)}away. My password: ${password}`
  const { code, err } = await place.run('import', 'openai-chat', writeLines(place, 'a.jsonl', [conversation(long)]))
  if (code !== 0) throw new Error(err)
  run = jsonLines<{ run_id: string }>((await place.run('search', '', '--json')).out)[0]?.run_id ?? ''
})
afterAll(() => place.remove())

describe('explain', () => {
  it('does not take the time of an import for that of the run', async () => {
    const { out } = await place.run('explain', run)
    expect(out).toMatch(/ \| imported 2\d{3}-\d\d-\d\d [\d:]{8} UTC, time of the run unknown \| /)
    expect(out).toContain('A user asked (message:2); the source gives no time.')
    expect((await place.run('search', '')).out).toMatch(/^\?\t/)
  })

  it('says how the run stands, and what was removed from it', async () => {
    const { out } = await place.run('explain', run)
    expect(out).toContain('unconfirmed, the run is still open')
    expect(out).toMatch(/^removed before storing: \d+ \(\S+/m)
    expect(out).not.toContain('hunter')
  })

  it('tells what was said and done, one whole line an event in a pipe', async () => {
    const { out } = await place.run('explain', run, '--timeline')
    const lines = out.split('\n').filter((line) => line.includes('\t'))
    const events = jsonLines<{ timeline: { event_id: string }[] }>((await place.run('explain', run, '--json')).out)[0]
    expect(lines.map((line) => line.split('\t').at(-1))).toEqual(events?.timeline.map(({ event_id: id }) => id))
    expect(lines[0]).toContain('triggered by a user (message:2). Removed before storing: /payload (')
    expect(lines[0]).toContain(`“I moved, ${'far '.repeat(30)}away. My `)
    expect(out).toMatch(/proposed tool\.refund_order \(effect_unknown\)\. with order_id "W1001", amount "12\.00"\t/)
    expect(out).toContain('“{"refund_id":"re_1"}”')
    expect(out).toContain('proposed message.send to the user. “Order W1001 is refunded.”')
  })
})

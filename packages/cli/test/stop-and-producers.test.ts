import { createEventId } from '@counterfoil/schema'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { createPlace, jsonLines, serve, type Place } from './_program.ts'
import { refundEvents, writeLines } from './_transcripts.ts'

let place: Place
beforeEach(() => {
  place = createPlace()
})
afterEach(() => place.remove())

const openRun = (runId: string): Record<string, unknown>[] => refundEvents(runId).slice(0, 3)

const frame = (event_type: string, instance: string, seq: number): Record<string, unknown> => ({
  schema_version: '1.0',
  event_id: createEventId(),
  event_type,
  producer: { instance, seq },
})

describe('producers', () => {
  it('are listed with what is missing, the same through the directory and through the URL', async () => {
    const events = [
      frame('producer_started', 'worker-1', 0),
      frame('producer_stopped', 'worker-1', 1),
      frame('producer_started', 'worker-2', 0),
      frame('producer_heartbeat', 'worker-2', 4),
      frame('producer_heartbeat', 'worker-2', 6),
    ]
    await place.run('import', 'ndjson', writeLines(place, 'a.ndjson', events))
    const [, ...lines] = (await place.run('producers')).out.split('\n').toReversed()
    expect(lines.map((line) => line.replaceAll(/\S+Z/g, 'then'))).toEqual([
      'stopped\tthen\t2\t-\tk_local\tworker-1',
      'active\tthen\t7\t1-3, 5\tk_local\tworker-2',
    ])
    expect((await place.run('producers', '--status', 'dead')).code).toBe(2)
    expect(jsonLines((await place.run('producers', '--status', 'stopped', '--json')).out)).toMatchObject([
      { instance: 'worker-1', missing: [] },
    ])
    const server = await serve(place)
    // The directory is no longer new: another key is made for it.
    const { out } = await place.run('keys', 'create', '--scope', 'read', '--json')
    const key = String(jsonLines(out)[0]?.['key'])
    for (const args of [
      ['producers', '--json'],
      ['producers', '--limit', '1'],
    ]) {
      const remote = await place.runWith({ env: { COUNTERFOIL_API_KEY: key } }, ...args, '--url', server.url)
      expect(remote).toEqual(await place.run(...args))
      expect(remote.code).toBe(0)
    }
  })
})

describe('stop', () => {
  it('stops a run in a data directory, once, and explain says who it was', async () => {
    await place.run('import', 'ndjson', writeLines(place, 'a.ndjson', openRun('run-abc')))
    const stopped = await place.run('stop', 'run-a', '--reason', 'wrong_customer', '--actor', 'usr-19')
    expect(stopped).toEqual({
      code: 0,
      err: '',
      out: expect.stringMatching(/^stopped run-abc, by usr-19 at \S+Z \(wrong_customer\)\n$/),
    })
    expect((await place.run('stop', 'run-abc')).out).toMatch(
      /^was stopped before: run-abc, by usr-19 at \S+Z \(wrong_customer\)\n$/,
    )
    const { out } = await place.run('explain', 'run-abc')
    expect(out.replaceAll(/\s+/g, ' ')).toContain('A person stopped the run')
    expect(out).toMatch(/5 Approval +\S+ observed +usr-19 stopped the run \(wrong_customer\)\./)
  })

  it('ends with a code that says why not', async () => {
    await place.run('import', 'ndjson', writeLines(place, 'a.ndjson', [...openRun('run-abc'), ...refundEvents('done')]))
    expect(await place.run('stop', 'done')).toMatchObject({ code: 1, err: expect.stringContaining('[run_ended]') })
    expect(await place.run('stop', 'run-x')).toMatchObject({ code: 5, err: expect.stringContaining('[run_unknown]') })
    expect(await place.run('stop', 'run-abc', '--reason', 'Not a code')).toMatchObject({ code: 2 })
  })

  it('makes no log where there is none', async () => {
    expect(await place.run('stop', 'run-a')).toMatchObject({ code: 5, err: expect.stringContaining('[not_found]') })
    expect((await place.run('search', '')).code).toBe(5)
  })

  it('stops a run behind a URL, with an admin key, while the directory is the server’s', async () => {
    const server = await serve(place)
    const via = (key: string, ...args: string[]): ReturnType<Place['run']> =>
      place.runWith({ env: { COUNTERFOIL_API_KEY: key } }, ...args, '--url', server.url)
    const admin = server.admin_key ?? ''
    await via(admin, 'import', 'ndjson', writeLines(place, 'a.ndjson', openRun('run-abc')))
    expect(await place.run('stop', 'run-abc')).toMatchObject({ code: 1, err: expect.stringContaining('[data_in_use]') })
    const [{ key = '' } = {}] = jsonLines<{ key?: string }>(
      (await via(admin, 'keys', 'create', '--scope', 'read', '--json')).out,
    )
    expect(await via(key, 'stop', 'run-abc')).toMatchObject({
      code: 6,
      err: expect.stringContaining('[scope_missing]'),
    })
    const { out } = await via(admin, 'stop', 'run-abc', '--json')
    expect(jsonLines(out)).toMatchObject([
      { run_id: 'run-abc', already_stopped: false, stop: { reason_code: 'run_stopped' } },
    ])
    expect(jsonLines((await via(admin, 'search', 'is:stopped', '--json')).out)).toMatchObject([{ run_id: 'run-abc' }])
  })
})

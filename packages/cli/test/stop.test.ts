import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { createPlace, jsonLines, serve, type Place } from './_program.ts'
import { refundEvents, writeLines } from './_transcripts.ts'

let place: Place
beforeEach(() => {
  place = createPlace()
})
afterEach(() => place.remove())

const openRun = (runId: string): Record<string, unknown>[] => refundEvents(runId).slice(0, 3)

describe('stop', () => {
  it('stops a run in a data directory, once, and explain says who it was', async () => {
    await place.run('import', 'ndjson', writeLines(place, 'a.ndjson', [...openRun('run-abc'), ...refundEvents('done')]))
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
    expect(out.replaceAll(/\s+/g, ' ')).toContain('A person stopped it.')
    expect(out).toMatch(/5 Approval +\S+ observed +usr-19 stopped the run \(wrong_customer\)\./)
    expect(await place.run('stop', 'done')).toMatchObject({ code: 1, err: expect.stringContaining('[run_ended]') })
    expect(await place.run('stop', 'run-x')).toMatchObject({ code: 5, err: expect.stringContaining('[run_unknown]') })
    expect(await place.run('stop', 'run-abc', '--reason', 'Not a code')).toMatchObject({ code: 2 })
    expect((await place.run('verify')).code).toBe(0)
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

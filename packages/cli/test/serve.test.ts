import { spawn } from 'node:child_process'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { collect, createPlace, jsonLines, programFile, serve, type Place } from './_program.ts'
import { refundEvents, writeLines } from './_transcripts.ts'

let place: Place
beforeEach(() => {
  place = createPlace()
})
afterEach(() => place.remove())

const keyOf = (out: string): string => String(jsonLines(out)[0]?.['key'])

describe('serve', () => {
  it('prints one line when ready, the admin key at the first start only, and stops cleanly', async () => {
    const first = await serve(place)
    expect(Object.keys(first)).toEqual(expect.arrayContaining(['url', 'data', 'admin_key']))
    expect(first.data).toBe(place.data)
    expect((await fetch(`${first.url}/healthz`)).status).toBe(200)
    const ended = await first.stop()
    expect(ended).toMatchObject({ code: 0, err: '' })
    expect(jsonLines(ended.out)).toHaveLength(1)
    const second = await serve(place)
    expect(second.admin_key).toBeUndefined()
    expect((await second.stop('SIGINT')).code).toBe(0)
  })

  it('shows an admin key also where an import made the log, once', async () => {
    const file = writeLines(place, 'a.ndjson', refundEvents('run-a'))
    const imported = await place.run('import', 'ndjson', file)
    expect(imported.err).not.toContain('cfk_')
    expect((await place.run('keys', 'list')).out).toBe('')
    const first = await serve(place)
    const headers = { authorization: `Bearer ${first.admin_key ?? ''}` }
    expect((await fetch(`${first.url}/v1/keys`, { headers })).status).toBe(200)
    await first.stop()
    const [key] = jsonLines<{ id: string }>((await place.run('keys', 'list', '--json')).out)
    await place.run('keys', 'revoke', key?.id ?? '')
    // Who revoked the last one wants none from us.
    const second = await serve(place)
    expect(second.admin_key).toBeUndefined()
    await second.stop()
  })

  it('reading verbs give the same through the directory and through the URL, beside the server', async () => {
    const server = await serve(place)
    const viaUrl = { env: { COUNTERFOIL_API_KEY: server.admin_key ?? '' } }
    const file = writeLines(place, 'a.ndjson', [...refundEvents('run-a'), ...refundEvents('run-b')])
    const imported = await place.runWith(viaUrl, 'import', 'ndjson', file, '--url', server.url, '--json')
    expect(jsonLines(imported.out)).toEqual([{ runs: 2, events: 10, duplicates: 0, rejected: [] }])
    const eventId =
      jsonLines<{ timeline: { event_id: string }[] }>((await place.run('explain', 'run-a', '--json')).out)[0]
        ?.timeline[0]?.event_id ?? ''
    for (const verb of [
      ['search', '', '--json'],
      ['search', 'run:run-b', '--json'],
      ['explain', 'run-a', '--json'],
      ['explain', 'run-a'],
      ['proof', eventId],
      ['tail', '--from', '0', '--count', '10', '--json'],
      ['tail', 'run:run-b', '--from', '0', '--count', '5', '--json'],
      ['keys', 'list', '--json'],
    ]) {
      const local = await place.run(...verb)
      const remote = await place.runWith(viaUrl, ...verb, '--url', server.url)
      expect({ verb, ...remote }).toEqual({ verb, ...local })
      expect(local).toMatchObject({ code: 0, out: expect.stringMatching(/./) })
    }
    for (const args of [
      ['--data', place.data],
      ['--url', server.url],
    ]) {
      const { code, out } = await place.runWith(viaUrl, 'verify', '--json', ...args)
      expect({ code, report: jsonLines(out)[0] }).toMatchObject({ code: 0, report: { ok: true, size: 10 } })
    }
  })

  it('beside it, what writes says so and changes nothing; keys work, and are refused when they may not', async () => {
    const server = await serve(place)
    const file = writeLines(place, 'a.ndjson', refundEvents('run-a'))
    for (const verb of [
      ['import', 'ndjson', file],
      ['rebuild'],
      ['recover', '--accept-loss'],
      ['serve', '--port', '0'],
    ]) {
      const { code, err } = await place.run(...verb)
      expect({ verb, code, err }).toEqual({ verb, code: 1, err: expect.stringMatching(/data_in_use[^]*--url/) })
    }
    const ingestKey = keyOf((await place.run('keys', 'create', '--scope', 'ingest', '--json')).out)
    const withKey = (key: string, ...args: string[]): ReturnType<Place['run']> =>
      place.runWith({ env: { COUNTERFOIL_API_KEY: key } }, ...args, '--url', server.url)
    expect((await withKey(ingestKey, 'import', 'ndjson', file)).code).toBe(0)
    expect(await withKey(ingestKey, 'search', '')).toMatchObject({
      code: 6,
      err: expect.stringContaining('scope_missing'),
    })
    expect((await withKey('cfk_wrong', 'search', '')).code).toBe(6)
    expect((await withKey(server.admin_key ?? '', 'search', '', '--log', 'other')).code).toBe(6)
    expect((await withKey(server.admin_key ?? '', 'explain', 'nothing')).code).toBe(5)
    expect((await withKey(server.admin_key ?? '', 'search', 'oucome:done')).code).toBe(2)
    expect(
      (await withKey(server.admin_key ?? '', 'keys', 'revoke', ingestKey.split('_').slice(1, 3).join('_'))).code,
    ).toBe(0)
    expect((await withKey(ingestKey, 'import', 'ndjson', file)).code).toBe(6)
  })

  it('a taken port is said plainly', async () => {
    const server = await serve(place)
    const other = createPlace()
    const { code, err } = await other.run('serve', '--port', new URL(server.url).port)
    other.remove()
    expect({ code, err }).toEqual({ code: 1, err: expect.stringContaining('port_in_use') })
  })

  it('SIGTERM under load loses nothing that was acknowledged', async () => {
    const server = await serve(place)
    const acknowledged: string[] = []
    let isStopping = false
    const client = async (name: string): Promise<void> => {
      for (let n = 0; ; n++) {
        const body = refundEvents(`${name}-${n}`)
          .map((event) => JSON.stringify(event))
          .join('\n')
        const headers = { authorization: `Bearer ${server.admin_key}`, 'content-type': 'application/x-ndjson' }
        try {
          const response = await fetch(`${server.url}/v1/events`, { method: 'POST', headers, body })
          const { acks } = (await response.json()) as { acks?: { event_id: string }[] }
          if (!response.ok && isStopping) return
          expect(response.status).toBe(200)
          acknowledged.push(...(acks ?? []).map((ack) => ack.event_id))
        } catch (error) {
          if (isStopping) return
          throw error
        }
      }
    }
    const clients = Promise.all(['a', 'b', 'c', 'd'].map(client))
    while (acknowledged.length < 200) await new Promise((resolve) => setTimeout(resolve, 10))
    isStopping = true
    expect((await server.stop()).code).toBe(0)
    await clients
    const { code, out } = await place.run('verify', '--json')
    expect({ code, ok: jsonLines(out)[0]?.['ok'] }).toEqual({ code: 0, ok: true })
    const size = Number(jsonLines(out)[0]?.['size'])
    const leaves = jsonLines<{ event_id: string }>(
      (await place.run('tail', '--from', '0', '--count', String(size), '--json')).out,
    )
    const stored = new Set(leaves.map((leaf) => leaf.event_id))
    expect(stored.size).toBe(size)
    expect(acknowledged.filter((id) => !stored.has(id))).toEqual([])
  })

  it('a tail follows a server that starts again, and misses nothing', async () => {
    const server = await serve(place)
    const port = new URL(server.url).port
    const env = { ...place.env, COUNTERFOIL_API_KEY: server.admin_key ?? '' }
    const send = (runId: string): ReturnType<Place['run']> =>
      place.runWith(
        { env: { COUNTERFOIL_API_KEY: server.admin_key ?? '' } },
        'import',
        'ndjson',
        writeLines(place, `${runId}.ndjson`, refundEvents(runId)),
        '--url',
        server.url,
      )
    const tail = spawn(
      process.execPath,
      [programFile, 'tail', '--from', '0', '--count', '10', '--json', '--url', server.url],
      { cwd: place.folder, env },
    )
    const tailed = collect(tail)
    await send('run-a')
    await server.stop()
    const again = await serve(place, '--port', port)
    await send('run-b')
    const { code, out } = await tailed
    expect(code).toBe(0)
    expect(jsonLines<{ index: number }>(out).map(({ index }) => index)).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8, 9])
    await again.stop()
  })
})

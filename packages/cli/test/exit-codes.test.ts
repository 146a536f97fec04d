import { chmodSync, readFileSync, renameSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { exitCodes } from '../src/exit-codes.ts'
import { createPlace, jsonLines, repository, type Place } from './_program.ts'
import { refundEvents, writeLines } from './_transcripts.ts'

let place: Place
let eventId: string
beforeAll(async () => {
  place = createPlace()
  const events = refundEvents('run-one')
  eventId = String(events[0]?.['event_id'])
  await place.run('import', 'ndjson', writeLines(place, 'a.ndjson', events))
})
afterAll(() => place.remove())

describe('exit codes', () => {
  it('stand in the reference', () => {
    const text = readFileSync(join(repository, 'docs/reference/cli.md'), 'utf8')
    const rows = [...text.matchAll(/^\| (\d) +\| \*\*([^*]+)\*\*/gm)].map(([, code, name]) => [name, Number(code)])
    const names = Object.entries(exitCodes).map(([name, code]) => [
      name.replace(/[A-Z]/g, (letter) => ` ${letter.toLowerCase()}`),
      code,
    ])
    expect(Object.fromEntries(rows)).toEqual(Object.fromEntries(names))
  })

  it.each([
    [0, ['search', '']],
    [0, ['verify']],
    [0, ['--help']],
    [0, ['keys', 'create', '--help']],
    [2, []],
    [2, ['serch']],
    [2, ['search', '', '--limit', '0']],
    [2, ['search', 'oucome:done']],
    [2, ['search', '', '--data', 'x', '--url', 'http://127.0.0.1:1']],
    [2, ['search', '', '--key', 'x']],
    [2, ['keys', 'create']],
    [2, ['keys', 'create', '--scope', 'everything']],
    [2, ['proof']],
    [2, ['explain', '']],
    [2, ['recover']],
    [4, ['verify', '--data', 'absent']],
    [4, ['proof', '--check', 'absent', '--vkey', 'x']],
    [4, ['verify', '--vkey', 'no key']],
    [1, ['tail', '--from', '99999']],
    [5, ['search', '', '--data', 'absent']],
    [5, ['search', '', '--log', 'absent']],
    [5, ['explain', 'run-two']],
    [5, ['proof', '00000000-0000-7000-8000-000000000000']],
    [5, ['keys', 'revoke', 'k_0000000000000000']],
    [6, ['search', '', '--url', 'http://127.0.0.1:1']],
  ] as [number, string[]][])('%i: counterfoil %j', async (code, args) => {
    const ended = await place.run(...args)
    expect({ ...ended, args }).toMatchObject({ code })
    // Results and talk never mix: who fails leaves standard output empty and says why.
    expect({ args, hasResult: ended.out !== '', saysWhy: ended.err !== '' || code === 0 }).toEqual({
      args,
      hasResult: code === 0,
      saysWhy: true,
    })
  })

  it('a mistyped verb gets a suggestion', async () => {
    expect((await place.run('serch')).err).toContain('Did you mean search?')
    expect((await place.run('search', 'oucome:done')).err).toContain('Did you mean outcome')
  })

  it('1: nobody answers, or somebody who is no Counterfoil server; the key is never shown', async () => {
    const key = `cfk_${'x'.repeat(20)}`
    const { code, err } = await place.runWith(
      { env: { COUNTERFOIL_API_KEY: key } },
      'search',
      '',
      '--url',
      'http://127.0.0.1:1',
    )
    expect({ code, err }).toEqual({ code: 1, err: expect.stringContaining('server_unreachable') })
    const stranger = createServer((_, response) => response.writeHead(200).end('<html>')).listen(0, '127.0.0.1')
    await new Promise((resolve) => stranger.once('listening', resolve))
    const url = `http://127.0.0.1:${(stranger.address() as AddressInfo).port}`
    const other = await place.run('search', '', '--url', url, '--key', key)
    stranger.close()
    expect(other).toMatchObject({ code: 1, err: expect.stringContaining('answer_invalid') })
    expect(`${err}${other.err}`).not.toContain(key)
  })

  it('errors are JSON on standard error when asked for', async () => {
    const { code, err } = await place.run('explain', 'run-two', '--json')
    expect(code).toBe(5)
    expect(jsonLines(err)).toEqual([{ error: { code: 'run_unknown', message: expect.any(String), exit_code: 5 } }])
  })

  it.each([['search', '', '--limit', 'x'], ['serch'], ['import', 'no-format', 'a.ndjson'], ['serve', '--port', 'abc']])(
    'so are mistakes of the call: counterfoil %s %s',
    async (...args) => {
      const { code, err, out } = await place.run(...args, '--json')
      expect({ code, out }).toEqual({ code: 2, out: '' })
      expect(jsonLines(err)).toEqual([{ error: { code: 'usage', message: expect.any(String), exit_code: 2 } }])
    },
  )

  it('names the runs that an ambiguous beginning could mean', async () => {
    await place.run('import', 'ndjson', writeLines(place, 'b.ndjson', refundEvents('run-owl')))
    const { code, err } = await place.run('explain', 'run-o')
    expect(code).toBe(2)
    expect(err).toMatch(/run-one.*run-owl|run-owl.*run-one/)
  })

  it('3: a proof that does not hold; 0: one that does, offline', async () => {
    const file = join(place.folder, 'event.tlog-proof')
    const made = await place.run('proof', eventId, '-o', file)
    const vkey = /--vkey '([^']+)'/.exec(made.err)?.[1] ?? ''
    expect(await place.run('proof', '--check', file, '--vkey', vkey)).toMatchObject({
      code: 0,
      out: expect.stringContaining(eventId),
    })
    expect((await place.run('proof', eventId)).out).toBe(readFileSync(file, 'utf8'))
    expect((await place.run('proof', '--check', file)).code).toBe(4)
    expect((await place.run('proof', eventId, '-o', file)).code).toBe(1)
    const forged = readFileSync(file, 'utf8').replace(
      /^extra .*$/m,
      `extra ${Buffer.from('{"a":1}').toString('base64')}`,
    )
    writeFileSync(file, forged)
    const checked = await place.run('proof', '--check', file, '--vkey', vkey, '--json')
    expect(checked.code).toBe(3)
    expect(jsonLines(checked.out)).toEqual([{ ok: false, code: 'proof_invalid', message: expect.any(String) }])
  })

  it('3: another verifier key than expected', async () => {
    const other = createPlace()
    const events = refundEvents('run-one')
    await other.run('import', 'ndjson', writeLines(other, 'a.ndjson', events))
    const made = await other.run('proof', String(events[0]?.['event_id']), '-o', join(other.folder, 'event.tlog-proof'))
    other.remove()
    const vkey = /--vkey '([^']+)'/.exec(made.err)?.[1] ?? ''
    const { code, out } = await place.run('verify', '--vkey', vkey, '--json')
    expect(code).toBe(3)
    expect(
      jsonLines<{ ok: boolean; checks: { name: string; ok: boolean }[] }>(out)[0]?.checks.filter(({ ok }) => !ok),
    ).toMatchObject([{ name: 'verifier key' }])
  })

  it('4: the files cannot be read', async () => {
    const damaged = createPlace()
    await damaged.run('import', 'ndjson', writeLines(damaged, 'a.ndjson', refundEvents('run-one')))
    // Rights would not stop root; what is no database stops everybody.
    renameSync(join(damaged.data, 'control.db'), join(damaged.data, 'control.kept'))
    writeFileSync(join(damaged.data, 'control.db'), 'this is no database')
    chmodSync(join(damaged.data, 'control.db'), 0o600)
    const { code, err } = await damaged.run('verify')
    damaged.remove()
    expect({ code, err }).toEqual({ code: 4, err: expect.stringContaining('could_not_verify') })
  })
})

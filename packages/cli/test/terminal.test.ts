import { spawn, spawnSync } from 'node:child_process'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { collect, createPlace, jsonLines, programFile, type Place } from './_program.ts'
import { conversation, writeLines } from './_transcripts.ts'

/** Gives a program a pseudo terminal; part of util-linux. */
const terminal = 'script'

// Built by number, so that this file itself stays readable.
const character = (code: number): string => String.fromCodePoint(code)
const escape = character(0x1b)
const override = character(0x202e)
const hostile = `pay${escape}[2J${escape}]0;owned${character(7)} ${override}evil${character(0x200b)}${character(0x9b)}31m tail`

let place: Place
beforeAll(async () => {
  place = createPlace()
  const file = writeLines(place, 'a.jsonl', [conversation(hostile, `W${override}1`)])
  const { code, err } = await place.run('import', 'openai-chat', file)
  if (code !== 0) throw new Error(err)
})
afterAll(() => place.remove())

/** Runs the program on a pseudo terminal. */
async function onTerminal(...args: string[]): Promise<string> {
  const quoted = [process.execPath, programFile, ...args].map((arg) => `'${arg.replaceAll("'", `'\\''`)}'`).join(' ')
  const child = spawn(terminal, ['-qec', `stty cols 100; ${quoted}`, '/dev/null'], {
    cwd: place.folder,
    env: { ...place.env, TERM: 'xterm-256color' },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  return (await collect(child)).out
}

/** Our own colours; whatever escape is left after them came from elsewhere. */
const withoutOurs = (text: string): string => text.replaceAll(new RegExp(`${escape}\\[[0-9]{1,2}m|\\r`, 'g'), '')
const dangerous = /[\p{Cc}\p{Cf}]/u
const isSafe = (text: string): boolean => !dangerous.test(text.replaceAll('\n', ''))

const hasTerminal = spawnSync(terminal, ['--version']).status === 0
if (!hasTerminal && process.env['CI'] === 'true') throw new Error('script(1) is needed for a pseudo terminal')

describe.runIf(hasTerminal)('on a terminal', () => {
  it('hostile text is shown, never obeyed', async () => {
    const [run] = jsonLines<{ run_id: string }>((await place.run('search', '', '--json')).out)
    for (const args of [
      ['explain', run?.run_id ?? ''],
      ['explain', run?.run_id ?? '', '--timeline'],
      ['search', ''],
      ['tail', '--from', '0', '--count', '6'],
    ]) {
      const text = withoutOurs(await onTerminal(...args))
      expect(text).not.toBe('')
      expect(isSafe(text)).toBe(true)
    }
    expect(await onTerminal('explain', run?.run_id ?? '')).toContain('⟦U+202E⟧evil')
  })

  it('JSON there is the same value, in escapes', async () => {
    const piped = (await place.run('search', '', '--json')).out
    const id = jsonLines<{ run_id: string }>(piped)[0]?.run_id ?? ''
    const exact = (await place.run('explain', id, '--json')).out
    const shown = await onTerminal('explain', id, '--json')
    expect(isSafe(shown.replaceAll('\r', ''))).toBe(true)
    expect(JSON.parse(shown)).toEqual(JSON.parse(exact))
    expect(exact).toContain(override)
  })

  it('columns are aligned under a header; --plain and NO_COLOR take away what they say', async () => {
    expect(await onTerminal('search', '')).toMatch(/STARTED +OUTCOME/)
    expect(await onTerminal('search', '', '--plain')).toMatch(/\t/)
    const colourless = spawn(terminal, ['-qec', `'${process.execPath}' '${programFile}' search ''`, '/dev/null'], {
      cwd: place.folder,
      env: { ...place.env, NO_COLOR: '1', TERM: 'xterm' },
      stdio: ['ignore', 'pipe', 'pipe'],
    })
    expect((await collect(colourless)).out).not.toContain(escape)
  })
})

describe('in a pipe', () => {
  it('a search is columns with tabs, also where the text holds tabs', async () => {
    const { out } = await place.run('search', '')
    expect(out.split('\n')[0]?.split('\t')).toHaveLength(6)
    expect(isSafe(out.replaceAll('\t', ''))).toBe(true)
  })

  it('whoever stops reading is no error', async () => {
    const quoted = [process.execPath, programFile, 'search', '', '--json'].map((arg) => `'${arg}'`).join(' ')
    const child = spawn('bash', ['-c', `set -o pipefail; ${quoted} | head -c 1 > /dev/null`], {
      cwd: place.folder,
      env: place.env,
      stdio: ['ignore', 'pipe', 'pipe'],
    })
    expect(await collect(child)).toMatchObject({ code: 0, err: '' })
  })

  it('--ascii keeps our own signs in ASCII', async () => {
    const [run] = jsonLines<{ run_id: string }>((await place.run('search', '', '--json')).out)
    const { out } = await place.run('explain', run?.run_id ?? '', '--ascii')
    expect(out).toMatch(/1 Trigger +~ inferred/)
    expect(out).not.toMatch(/[◌○●◐“”…⟦]/)
  })
})

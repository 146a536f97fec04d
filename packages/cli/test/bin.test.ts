import { spawn } from 'node:child_process'
import { copyFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { collect, createPlace, type Ended, type Place } from './_program.ts'

const bin = fileURLToPath(new URL('../bin/counterfoil.mjs', import.meta.url))
/** Makes the Node that runs look like an older one, to what runs in it alone. */
const older = `data:text/javascript,${encodeURIComponent(`Object.defineProperty(process.versions, 'node', { value: '20.19.0' })`)}`

let place: Place
beforeAll(() => {
  place = createPlace()
})
afterAll(() => place.remove())

function start(...args: string[]): Promise<Ended> {
  return collect(
    spawn(process.execPath, args, { cwd: place.folder, env: place.env, stdio: ['ignore', 'pipe', 'pipe'] }),
  )
}

describe('bin/counterfoil.mjs', () => {
  it('runs the program, with its exit code', async () => {
    expect(await start(bin, '--version')).toMatchObject({ code: 0, out: expect.stringMatching(/^\d+\.\d+\.\d+\n$/) })
    expect((await start(bin, 'serch')).code).toBe(2)
  })

  it('on an older Node takes the one that npm installed, and keeps arguments and exit code', async () => {
    expect(await start('--import', older, bin, '--version')).toMatchObject({ code: 0, err: '' })
    expect(await start('--import', older, bin, 'search', '', '--data', 'no such')).toMatchObject({ code: 5 })
  })

  it('without one says what to do', async () => {
    const alone = join(place.folder, 'counterfoil.mjs')
    copyFileSync(bin, alone)
    expect(await start('--import', older, alone, 'serve')).toEqual({
      code: 1,
      out: '',
      err: expect.stringMatching(/needs Node 24[^]*Nothing was started[^]*Install/),
    })
  })
})

import { existsSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { openLedger } from '@counterfoil/ledger'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { createRecorder } from '../src/index.ts'
import { startRecording } from './_child.ts'

let folder: string
beforeEach(() => {
  folder = mkdtempSync(path.join(tmpdir(), 'counterfoil-embedded-'))
})
afterEach(() => {
  vi.useRealTimers()
  rmSync(folder, { recursive: true, force: true })
})

describe('a log in the process of the agent', () => {
  it('says of an earlier process that it was not heard to its end, and that its run stalled', async () => {
    const data = path.join(folder, 'data')
    const spool = path.join(folder, 'spool')
    const state = path.join(folder, 'state')
    const { said } = await startRecording(['crash', spool, data], { COUNTERFOIL_STATE_DIR: state }).ended
    expect(said).toMatchObject([{ recorded: 20 }])

    const close = async (): Promise<void> => {
      const recorder = createRecorder({ data, spool, state })
      await recorder.run({ workflow: 'next', trigger: 'schedule' }, () => undefined)
      await recorder.close()
    }
    const look = async (): Promise<unknown[]> => {
      await using ledger = await openLedger({ data, state, mode: 'read' })
      const log = await ledger.log('main')
      const { runs } = await log.runs({ query: 'workflow:left-behind', limit: 5 })
      const { producers } = await log.producers({ limit: 5 })
      return [runs.map(({ status }) => status), producers.map(({ status }) => status).toSorted()]
    }
    await close()
    // It may only be slow: it has said how long it may be silent.
    expect(await look()).toEqual([['running'], ['active', 'stopped']])
    vi.useFakeTimers({ toFake: ['Date'], now: Date.now() + 24 * 60 * 60 * 1000 })
    await close()
    expect(await look()).toEqual([['stalled'], ['silent', 'stopped', 'stopped']])
  })

  it('keeps what this machine remembers where it is told to', async () => {
    const state = path.join(folder, 'elsewhere')
    const recorder = createRecorder({ data: path.join(folder, 'data'), state })
    await recorder.run({ workflow: 'once', trigger: 'api' }, () => undefined)
    await recorder.close()
    expect(existsSync(state)).toBe(true)
  })

  it('takes no folder for state where a server keeps its own', () => {
    expect(() => createRecorder({ url: 'http://127.0.0.1:9', key: 'none', state: folder })).toThrow(
      'state goes with data: a server keeps its own.',
    )
  })
})

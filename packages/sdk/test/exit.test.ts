import { mkdirSync, readdirSync } from 'node:fs'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { listSpool } from '../src/spool/index.ts'
import { startRecording } from './_child.ts'
import { filesUnder } from '../../store/test/files-under.ts'
import { createTestLog, nowhere, openOutbox, secret, seqOf, type TestLog } from './_outbox.ts'
import { createProxy, type Proxy } from './_proxy.ts'

let log: TestLog
let proxy: Proxy
beforeAll(async () => {
  log = await createTestLog()
  proxy = await createProxy(log.url)
})
afterAll(async () => {
  await proxy[Symbol.asyncDispose]()
  await log[Symbol.asyncDispose]()
})

/** Delivers what a process left, and gives what the log has of it. */
async function deliver(spool: string): Promise<readonly Record<string, unknown>[]> {
  const before = new Set((await log.events()).map(({ event_id: id }) => id))
  const outbox = openOutbox({ url: proxy.url, key: log.key }, spool, { closeWithinMs: 60_000 })
  await outbox[Symbol.asyncDispose]()
  expect(readdirSync(spool)).toEqual(['checkpoints'])
  return (await log.events()).filter(({ event_id: id }) => !before.has(id))
}

describe('a process that ends', () => {
  it.each([
    ['process-exit', 300, 0],
    ['exit-while-writing', 600, 0],
    ['uncaught-exception', 50, 1],
    ['unhandled-rejection', 50, 1],
  ])('by %s keeps every event that it has recorded, and its goodbye', async (way, count, code) => {
    const spool = log.newSpool()
    proxy.mischief = (_incoming, outgoing) => {
      outgoing.destroy()
      return true
    }
    const { ended } = startRecording([way, spool, proxy.url, log.key])
    const result = await ended
    expect(result.code).toBe(code)
    expect(listSpool(spool)).toMatchObject([{ isLive: false, events: count + 2, damagedBytes: 0 }])
    proxy.mischief = undefined
    const events = await deliver(spool)
    expect(events.map(seqOf)).toEqual(Array.from({ length: count + 2 }, (_, at) => at))
    expect(events.at(-1)).toMatchObject({ event_type: 'producer_stopped' })
  })

  it('suddenly still takes the secrets out first', async () => {
    const spool = log.newSpool()
    const { ended } = startRecording(['process-exit', spool, nowhere.url, nowhere.key], { TEST_SECRET: secret })
    await ended
    const texts = filesUnder(spool).map(({ bytes }) => bytes.toString('latin1'))
    expect(texts.some((text) => text.includes('[redacted:key-password]'))).toBe(true)
    expect(texts.filter((text) => text.includes(secret))).toEqual([])
  })

  it.each(['end', 'close'])('by %s of the script delivers first, and leaves nothing', async (way) => {
    const spool = log.newSpool()
    const { ended } = startRecording([way, spool, log.url, log.key])
    const { code, said } = await ended
    expect(code).toBe(0)
    const [{ instance } = {}] = said as readonly { instance?: string }[]
    const events = await log.eventsOf({ instance: instance ?? '' })
    expect(events.map(seqOf)).toEqual(Array.from({ length: 22 }, (_, at) => at))
    expect(readdirSync(spool)).toEqual(['checkpoints'])
  })

  it('is not kept alive by a log that does not answer', async () => {
    const spool = log.newSpool()
    const { ended } = startRecording(['end', spool, nowhere.url, nowhere.key])
    expect(await ended).toMatchObject({ code: 0 })
    expect(listSpool(spool)).toMatchObject([{ isLive: false, events: 22 }])
  })

  it('is not ended by a promise of ours that failed unheard', async () => {
    const { ended } = startRecording(['unheard', log.newSpool(), nowhere.url, nowhere.key])
    expect(await ended).toMatchObject({ code: 0, said: [{ alive: true }], errors: '' })
  })

  it('with a log of its own keeps every event as well, and needs a spool for that alone', async () => {
    const spool = log.newSpool()
    const data = `${spool}-data`
    const closed = await startRecording(['close', spool, data]).ended
    expect(closed).toMatchObject({ code: 0 })
    mkdirSync(spool, { recursive: true })
    expect(readdirSync(spool)).toEqual([])
    expect(await startRecording(['process-exit', spool, data]).ended).toMatchObject({ code: 0 })
    expect(listSpool(spool)).toMatchObject([{ isLive: false, events: 302 }])
    expect(await startRecording(['close', spool, data]).ended).toMatchObject({ code: 0 })
    expect(listSpool(spool)).toEqual([])
  })
})

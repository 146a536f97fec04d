import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createTestLog, inputOf, openOutbox, seqOf, type TestLog } from './_outbox.ts'
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

function goAway(): void {
  proxy.mischief = (_incoming, outgoing) => {
    outgoing.destroy()
    return true
  }
}

function open(whenFull: 'block' | 'fail'): ReturnType<typeof openOutbox> {
  return openOutbox({ url: proxy.url, key: log.key }, log.newSpool(), {
    spoolBytesMax: 20_000,
    whenFull,
    closeWithinMs: 30_000,
  })
}

const isSettled = (promise: Promise<unknown>): Promise<boolean> =>
  Promise.race([
    promise.then(
      () => true,
      () => true,
    ),
    new Promise<boolean>((resolve) => setTimeout(() => resolve(false), 600)),
  ])

describe('a spool that is full', () => {
  it('makes whoever waits wait, says so, and loses nothing when the log is back', async () => {
    goAway()
    const outbox = open('block')
    const recorded = Array.from({ length: 200 }, (_, at) => outbox.record(inputOf('run-1', at, 'x'.repeat(200))))
    await recorded[0]?.spooled
    expect(await isSettled(recorded[199]?.spooled ?? Promise.resolve())).toBe(false)
    expect(outbox.state().spoolBytes).toBeLessThanOrEqual(20_000)
    expect(outbox.state().spoolBytes).toBeGreaterThan(0)
    proxy.mischief = undefined
    await recorded[199]?.spooled
    await recorded[199]?.confirmed(30_000)
    await outbox[Symbol.asyncDispose]()
    expect((await log.eventsOf(outbox)).map(seqOf)).toEqual(Array.from({ length: 202 }, (_, at) => at))
  })

  it('or fails by name, and what failed is still delivered later', async () => {
    goAway()
    const outbox = open('fail')
    const recorded = Array.from({ length: 200 }, (_, at) => outbox.record(inputOf('run-2', at, 'x'.repeat(200))))
    await expect(recorded[199]?.spooled).rejects.toMatchObject({ code: 'spool_full' })
    proxy.mischief = undefined
    await recorded[199]?.confirmed(30_000)
    await outbox[Symbol.asyncDispose]()
    expect(await log.eventsOf(outbox)).toHaveLength(202)
  })

  it('and then memory that is full too makes recording itself fail loudly, without a gap', async () => {
    goAway()
    const outbox = open('block')
    const recordAll = (): void => {
      for (let at = 0; at < 1_000; at++) outbox.record(inputOf('run-3', at, 'x'.repeat(900_000)))
    }
    expect(recordAll).toThrow(expect.objectContaining({ code: 'spool_full' }))
    proxy.mischief = undefined
    await outbox.flush(60_000)
    await outbox.record(inputOf('run-3', 1_000)).confirmed(30_000)
    await outbox[Symbol.asyncDispose]()
    const seqs = (await log.eventsOf(outbox)).map(seqOf)
    expect(seqs.length).toBeGreaterThan(60)
    expect(seqs).toEqual(seqs.map((_, at) => at))
  })
})

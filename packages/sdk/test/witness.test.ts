import { randomBytes } from 'node:crypto'
import { cpSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { formatVerifierKey } from '@counterfoil/tlog'
import { nodeCrypto } from '@counterfoil/tlog/node'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { forgetLogs } from '../src/spool/index.ts'
import { HttpTransport } from '../src/transport/http-transport.ts'
import { rememberLog } from '../src/witness/remembered-log.ts'
import { createTestLog, inputOf, openOutbox, type TestLog } from './_outbox.ts'

let log: TestLog
let spool: string
beforeAll(async () => {
  log = await createTestLog()
})
afterAll(() => log[Symbol.asyncDispose]())

/** A log with a few events, of which there is an older copy. */
async function prepare(): Promise<string> {
  const spool = log.newSpool()
  const outbox = openOutbox(log, spool)
  await outbox.record(inputOf('run-1', 0)).confirmed(30_000)
  await outbox[Symbol.asyncDispose]()
  await log.stop()
  cpSync(log.data, join(log.folder, 'older'), { recursive: true })
  await log.start()
  return spool
}

/** Puts an older copy of the data in place of the present one, on a machine that remembers nothing of it. */
async function rollBack(): Promise<void> {
  await log.stop()
  const data = mkdtempSync(join(log.folder, 'copy-'))
  cpSync(join(log.folder, 'older'), data, { recursive: true })
  await log.start({ data, state: mkdtempSync(join(log.folder, 'state-')) })
}

describe('another log in the place of a log', () => {
  it('is refused by name, when another key was remembered', async () => {
    const own = log.newSpool()
    const { destination, place } = new HttpTransport(log)
    mkdirSync(own)
    rememberLog(own, destination, { place, vkey: otherKey() })
    const outbox = openOutbox(log, own, { closeWithinMs: 0 })
    await expect(outbox.record(inputOf('run-1', 0)).confirmed(30_000)).rejects.toMatchObject({ code: 'log_replaced' })
    await outbox[Symbol.asyncDispose]()
  })

  it('is refused when another key is pinned', async () => {
    const pinned = openOutbox(log, log.newSpool(), { logKey: otherKey(), closeWithinMs: 0 })
    await expect(pinned.record(inputOf('run-1', 0)).confirmed(30_000)).rejects.toMatchObject({ code: 'log_replaced' })
    await pinned[Symbol.asyncDispose]()
  })

  it('a pinned key that is none is a mistake in the options', () => {
    expect(() => openOutbox(log, log.newSpool(), { logKey: 'secret' })).toThrow(
      expect.objectContaining({ code: 'options_invalid' }),
    )
  })
})

describe('a log that was set back', () => {
  beforeEach(async () => {
    rmSync(join(log.folder, 'older'), { recursive: true, force: true })
    await log.stop()
    await log.start()
    spool = await prepare()
  })

  it('is refused by name, also by a recorder that was running; what was recorded stays', async () => {
    const running = openOutbox(log, spool, { closeWithinMs: 0 })
    await running.record(inputOf('run-2', 0)).confirmed(30_000)
    await running.record(inputOf('run-2', 1)).confirmed(30_000)
    await rollBack()
    const late = running.record(inputOf('run-2', 2))
    await expect(late.confirmed(30_000)).rejects.toMatchObject({ code: 'log_rolled_back' })
    // From now on at once, without waiting.
    await expect(running.record(inputOf('run-2', 3)).confirmed(30_000)).rejects.toMatchObject({
      code: 'log_rolled_back',
    })
    await late.spooled
    await running[Symbol.asyncDispose]()
    // What it had signed was shown to it: it takes no more writes from anybody.
    const other = openOutbox(log, log.newSpool(), { closeWithinMs: 0 })
    await expect(other.record(inputOf('run-other', 0)).confirmed(1_000)).rejects.toThrow(/log_read_only/)
    await other[Symbol.asyncDispose]()

    const next = openOutbox(log, spool, { closeWithinMs: 0 })
    const recorded = next.record(inputOf('run-3', 0))
    await expect(recorded.confirmed(30_000)).rejects.toMatchObject({ code: 'log_rolled_back' })
    await recorded.spooled
    await next[Symbol.asyncDispose]()
    expect(await log.eventsOf(next)).toEqual([])
  })

  it('is refused too when it has grown over what it had; an operator may accept it, without a restart of ours', async () => {
    const running = openOutbox(log, spool, { closeWithinMs: 10_000 })
    await running.record(inputOf('run-2', 0)).confirmed(30_000)
    await rollBack()
    const other = openOutbox(log, log.newSpool())
    for (let at = 0; at < 10; at++) other.record(inputOf('run-other', at))
    await other[Symbol.asyncDispose]()
    const late = running.record(inputOf('run-2', 1))
    await expect(late.confirmed(30_000)).rejects.toMatchObject({ code: 'log_rewritten' })

    // Whoever runs the log begins anew from the older copy, and the operator of the agent accepts that.
    await rollBack()
    expect(forgetLogs(spool, log.url)).toBe(1)
    const attempt = (): Promise<string> =>
      running.flush(1_000).then(
        () => 'delivered',
        () => 'waiting',
      )
    await expect.poll(attempt, { timeout: 40_000 }).toBe('delivered')
    await running[Symbol.asyncDispose]()
    expect((await log.eventsOf(running)).filter(({ event_id: id }) => id === late.eventId)).toHaveLength(1)
  })
})

function otherKey(): string {
  return formatVerifierKey(nodeCrypto, 'example.com/other', nodeCrypto.publicKeyEd25519(randomBytes(32)))
}
